"""Where one material of a case stands (材料状态), and what may follow what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from app.materials.types import FileView


class MaterialState(StrEnum):
    """What a material stands on; the last four say what could be done about one that stands on nothing."""

    HAVE = "have"
    FROM_CERTIFICATE = "from_certificate"
    AWAITED = "awaited"
    UPLOADED = "uploaded"
    PROMISED = "promised"
    PROMISE_KEPT = "promise_kept"
    PROMISE_BROKEN = "promise_broken"
    DEFERRED = "deferred"
    LAPSED = "lapsed"
    MISSING = "missing"
    MAY_FOLLOW = "may_follow"
    MAY_BE_PROMISED = "may_be_promised"
    OPTIONAL = "optional"


MATERIAL_LABELS: Final[Mapping[MaterialState, str]] = {
    MaterialState.HAVE: "部门通过数据共享核验，您不用提交",
    MaterialState.FROM_CERTIFICATE: "已调取电子证照，您不用提交",
    MaterialState.AWAITED: "证照系统暂时没有回应，提交后由部门继续调取，您不用提交；也可以现在上传",
    MaterialState.UPLOADED: "已上传",
    MaterialState.PROMISED: "已作出书面承诺，不用提交；办结后部门会核查",
    MaterialState.PROMISE_KEPT: "承诺经核查属实",
    MaterialState.PROMISE_BROKEN: "承诺经核查不属实",
    MaterialState.DEFERRED: "容缺：已先受理，请在期限前补交",
    MaterialState.LAPSED: "容缺：没有在期限前补交",
    MaterialState.MISSING: "还没有，请上传",
    MaterialState.MAY_FOLLOW: "可以上传，也可以容缺：先受理，限期补交",
    MaterialState.MAY_BE_PROMISED: "可以上传，也可以告知承诺：书面承诺后不用提交",
    MaterialState.OPTIONAL: "非必要，可以不提交",
}
OPEN_PROMISES: Final = frozenset({MaterialState.PROMISED})
WAITED_FOR: Final = frozenset({MaterialState.DEFERRED, MaterialState.LAPSED})
"""The decision waits for these."""
CHOSEN: Final = frozenset({MaterialState.UPLOADED, MaterialState.PROMISED, MaterialState.DEFERRED})
"""What an applicant decides about a material; everything else is found out."""
SETTLED: Final = frozenset(MaterialState) - {MaterialState.MAY_FOLLOW, MaterialState.MAY_BE_PROMISED}
"""What a row may say."""
_U, _P, _D, _M = MaterialState.UPLOADED, MaterialState.PROMISED, MaterialState.DEFERRED, MaterialState.MISSING
MATERIAL_TRANSITIONS: Final[frozenset[tuple[MaterialState, MaterialState]]] = frozenset(
    {
        *(
            (before, after)
            for before in (_U, _P, _D, _M)
            for after in (_U, _P, _D, _M)
            if before is not after
        ),
        *(
            (_M, after)
            for after in (MaterialState.HAVE, MaterialState.FROM_CERTIFICATE, MaterialState.AWAITED)
        ),
        (_M, MaterialState.OPTIONAL),
        (MaterialState.OPTIONAL, _U),
        (MaterialState.OPTIONAL, _P),
        (MaterialState.HAVE, _U),
        (MaterialState.FROM_CERTIFICATE, _U),
        (MaterialState.AWAITED, MaterialState.FROM_CERTIFICATE),
        (MaterialState.AWAITED, _M),
        (MaterialState.AWAITED, _U),
        (MaterialState.AWAITED, _P),
        (_D, MaterialState.LAPSED),
        (MaterialState.LAPSED, _U),
        (_P, MaterialState.PROMISE_KEPT),
        (_P, MaterialState.PROMISE_BROKEN),
    }
)
"""The database holds the same table and enforces it; what was uploaded may be uploaded again."""


class Way(StrEnum):
    """What an applicant may do about a material now."""

    UPLOAD = "upload"
    PROMISE = "promise"
    DEFER = "defer"


@dataclass(frozen=True, slots=True)
class PromiseView:
    """Where a promise stands: which text was signed, when, and what became of the check."""

    version: int
    signed_at: datetime
    checked_on: date | None
    repaired_on: date | None


@dataclass(frozen=True, slots=True)
class MaterialView:
    """One material, what it stands on, until when something is due, and what may be done about it."""

    name: str
    required: bool
    source: str
    state: MaterialState
    text: str
    note: str
    position: int = 0
    due_on: date | None = None
    ways: Sequence[Way] = ()
    files: Sequence[FileView] = ()
    promise: PromiseView | None = None
