"""In which order a material is looked for: certificate, data sharing, promise, upload, later (容缺).

国令716 第7条, 国办发〔2020〕42号. Pure: what the sources said and what the applicant chose come in, where the
material stands comes out.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.applications.material_types import CHOSEN, MaterialState, Way
from app.applications.types import Status
from app.catalogue.applicability import materials_for
from app.catalogue.types import Material, ServiceItem, Source
from app.forms.prefill import SourceState

IDENTITY_PAPERS: Final = frozenset(
    {
        "id_card",
        "hukou_book",
        "residence_permit",
        "marriage_cert",
        "birth_cert",
        "disability_cert",
        "social_card",
    }
)
"""Licence types whose copies carry 仅用于办理…: with them alone somebody could act in another's name."""
LONGEST_WATERMARK: Final = 60
_WITH_AN_OFFICE: Final = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.PAUSED})
_ONLY_UPLOAD: Final = frozenset(
    {
        MaterialState.DEFERRED,
        MaterialState.LAPSED,
        MaterialState.PROMISED,
        MaterialState.MISSING,
        MaterialState.AWAITED,
    }
)
"""What may be supplied while an office has the case, without being asked."""


def called_for(item: ServiceItem, answers: Mapping[str, object], *, as_of: date) -> dict[int, Material]:
    """Return the materials that these answers call for, by their place in the service's list."""
    applying = {id(material) for material in materials_for(item, answers, as_of=as_of)}
    return {place: material for place, material in enumerate(item.materials) if id(material) in applying}


def found(material: Material, certificates: Mapping[str, SourceState]) -> MaterialState:
    """Return where a material stands by what the sources said alone."""
    said = certificates.get(material.license) if material.license is not None else None
    if said is SourceState.READ:
        return MaterialState.FROM_CERTIFICATE
    if material.source is Source.GENERATED:
        return MaterialState.HAVE
    if material.source is Source.SHARED and material.license is None and not material.promise:
        return MaterialState.HAVE
    if said is SourceState.DOWN:
        return MaterialState.AWAITED
    return MaterialState.MISSING if material.required else MaterialState.OPTIONAL


def stands(material: Material, state: MaterialState) -> MaterialState:
    """Return what is shown of a state: of one that stands on nothing yet, what could be done about it."""
    if state is not MaterialState.MISSING:
        return state
    if material.promise:
        return MaterialState.MAY_BE_PROMISED
    return MaterialState.MAY_FOLLOW if material.deferrable else MaterialState.MISSING


def ways(material: Material, state: MaterialState, status: Status) -> list[Way]:
    """Return what an applicant may do about a material now."""
    if material.source is Source.GENERATED or state in {
        MaterialState.PROMISE_KEPT,
        MaterialState.PROMISE_BROKEN,
    }:
        return []
    if status is Status.SUPPLEMENT or (status in _WITH_AN_OFFICE and state in _ONLY_UPLOAD):
        return [Way.UPLOAD]
    if status is not Status.DRAFT or state is MaterialState.HAVE:
        return []
    found_out = state not in CHOSEN | {MaterialState.MISSING, MaterialState.OPTIONAL, MaterialState.AWAITED}
    if found_out:
        return [Way.UPLOAD]
    return [
        Way.UPLOAD,
        *([Way.PROMISE] if material.promise else []),
        *([Way.DEFER] if material.deferrable and material.required else []),
    ]


def watermark(item: ServiceItem, material: Material) -> str:
    """Return what is laid over a copy of this material; empty where it is no identity paper."""
    if material.license not in IDENTITY_PAPERS:
        return ""
    return f"仅用于办理{item.name}"[:LONGEST_WATERMARK]
