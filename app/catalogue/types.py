"""The nouns of the catalogue: a service item and its parts, as `config/services/*.yaml` writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from app.forms.types import FormDefinition
from app.rules.syntax import Node

_STRICT = ConfigDict(extra="forbid", strict=True)
ACCEPTANCE = "accept"
"""The id of the stage that is the acceptance of a case (受理), where a service has one."""


class ServiceStatus(StrEnum):
    """Where a version of a service stands; cases keep the version they began with."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ServiceOrigin(StrEnum):
    """Who wrote a version."""

    RELEASE = "release"
    STAFF = "staff"


class Unit(StrEnum):
    """What a time limit is counted in."""

    WORKING_DAYS = "工作日"
    CALENDAR_DAYS = "自然日"


class Source(StrEnum):
    """Where a material comes from; everything but the applicant is fetched first (国令716 第7条)."""

    CERTIFICATE = "电子证照"
    SHARED = "数据共享"
    APPLICANT = "申请人"
    GENERATED = "系统生成"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit, legal or promised."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    days: Annotated[float, Field(gt=0)]
    unit: Unit
    basis: str = ""


@dataclass(frozen=True, slots=True)
class HandleScope:
    """In which ways, and in which area, it can be handled (通办范围)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    modes: Annotated[tuple[str, ...], Field(min_length=1)]
    area: Annotated[str, Field(alias="通办范围")]


@dataclass(frozen=True, slots=True)
class FeeItem:
    """One thing that is paid for."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    standard: str


@dataclass(frozen=True, slots=True)
class Fee:
    """Whether it costs anything, and on what basis."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    charged: bool
    basis: str = ""
    note: str = ""
    online_pay: bool = False
    items: tuple[FeeItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Something to be shown: fetched, shared, promised (告知承诺), supplied later (容缺) or uploaded."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    required: bool
    source: Source
    license: str | None = None
    deferrable: bool = False
    promise: bool = False
    show_if: dict[str, Any] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of handling by one department; begins when every stage in `after` is done.

    `excluded` stages (公示、评估、听证) do not count against the limits; `when` false skips the stage. The
    stage that `decides` ends with the decision about the case; `region_from` names the answer in whose region
    the stage is handled (迁出地), elsewhere than the case, `about_from` the answer by which the machine asks
    about somebody other than the applicant (逝者身份证号).
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: str
    name: str
    department: Annotated[str, Field(alias="dept")]
    after: tuple[str, ...]
    limit_days: Annotated[float, Field(gt=0)]
    clock: Annotated[str, Field(pattern="^(counted|excluded)$")] = "counted"
    auto: bool = False
    data_share: str | None = None
    actor: Annotated[str, Field(pattern="^(department|applicant)$")] = "department"
    when: dict[str, Any] | None = None
    starts_service: str | None = None
    decides: bool = False
    region_from: str | None = None
    about_from: str | None = None

    @property
    def accepts(self) -> bool:
        """Say whether the stage is the acceptance itself (受理), which ends as the case is accepted."""
        return self.id == ACCEPTANCE

    @property
    def excluded(self) -> bool:
        """Say whether the clocks stand still in this stage."""
        return self.clock == "excluded"


@dataclass(frozen=True, slots=True)
class Result:
    """What the applicant gets."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: str
    name: str
    license: str | None
    delivery: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class RatingTags:
    """The reasons offered when it is rated (好差评)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    good: tuple[str, ...]
    bad: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Where the facts were read."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    doc_no: str
    url: str | None
    date: date


@dataclass(frozen=True, slots=True)
class ServiceContent:
    """A service item as it is written (实施清单), without its form."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: Annotated[str, Field(pattern=r"^svc-[a-z0-9-]{1,40}$")]
    name: str
    basic_code: str
    item_type: str
    department: str
    exercise_level: str
    regions: Annotated[tuple[str, ...], Field(min_length=1)]
    handle_scope: HandleScope
    doc_type: str
    statutory_limit: Limit
    promised_limit: Limit
    visits: Annotated[int, Field(ge=0)]
    fee: Fee
    conditions: tuple[str, ...]
    materials: tuple[Material, ...]
    form_steps: list[dict[str, Any]]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    result: Result
    rating_tags: RatingTags
    source: SourceDocument
    verification: str
    visit_reason: str = ""
    one_thing: bool = False
    annual: dict[str, Any] | None = None
    renewal: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """One version of a service: what was written, its checked form, and its compiled conditions.

    `conditions` maps a stage's id, or a material's place (`materials[2]`), to the condition it applies under.
    """

    content: ServiceContent
    version: int
    checksum: str
    form: FormDefinition = field(compare=False, repr=False)
    conditions: Mapping[str, Node] = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        """The service's id."""
        return self.content.id

    @property
    def name(self) -> str:
        """The service's name."""
        return self.content.name

    @property
    def department(self) -> str:
        """The code of the department that answers for it."""
        return self.content.department

    @property
    def regions(self) -> tuple[str, ...]:
        """The areas where it is offered."""
        return self.content.regions

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage, whether or not it applies; see `applicability.stages_for`."""
        return self.content.stages

    @property
    def materials(self) -> tuple[Material, ...]:
        """Every material, whether or not it applies; see `applicability.materials_for`."""
        return self.content.materials

    @property
    def statutory_limit(self) -> Limit:
        """What the law allows."""
        return self.content.statutory_limit

    @property
    def promised_limit(self) -> Limit:
        """What was promised, never more than the law allows."""
        return self.content.promised_limit

    @property
    def one_thing(self) -> bool:
        """Say whether several departments' items are handled as one (一件事)."""
        return self.content.one_thing


@dataclass(frozen=True, slots=True)
class Theme:
    """A stage of life of a person or an enterprise (全生命周期主题)."""

    id: str
    audience: str
    name: str
    position: int
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A published service as a list shows it."""

    item: ServiceItem
    themes: tuple[Theme, ...]

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it is for: person, enterprise, or both."""
        return tuple(dict.fromkeys(theme.audience for theme in self.themes))
