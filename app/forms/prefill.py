"""Where an answer can be read instead of asked (国令716 第7条), and what was read."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PrefillKind(StrEnum):
    """Who holds the value: the verified identity, a certificate of the person, a department's shared data."""

    REAL_NAME = "实名"
    CERTIFICATE = "证照"
    SHARED = "共享"


@dataclass(frozen=True, slots=True)
class Prefill:
    """Where an answer can be read: `证照.居民户口簿.户籍地` is kind, holder, item; 实名 has no holder."""

    kind: PrefillKind
    holder: str
    item: str

    @classmethod
    def parse(cls, path: object) -> "Prefill":
        """Read a path; raises ValueError with a Chinese sentence where it names no place."""
        parts = path.split(".") if isinstance(path, str) else []
        if not parts or not all(parts) or parts[0] not in tuple(PrefillKind):
            raise ValueError("预填来源要写成 实名.姓名、证照.证照名称.栏目 或 共享.部门.数据项")
        kind, rest = PrefillKind(parts[0]), parts[1:]
        if len(rest) != (1 if kind is PrefillKind.REAL_NAME else 2):
            raise ValueError(f"“{kind}”的来源段数不对，要写成 实名.项目、证照.名称.栏目 或 共享.部门.数据项")
        return cls(kind, "" if kind is PrefillKind.REAL_NAME else rest[0], rest[-1])

    def __str__(self) -> str:
        return ".".join(part for part in (self.kind.value, self.holder, self.item) if part)


class SourceState(StrEnum):
    """What became of asking the source."""

    READ = "read"
    MISSING = "missing"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class PrefilledValue:
    """What a source said about one field, and on which day.

    `readonly` is false where the source does not vouch for the value (an own statement in the profile): then
    a field that is locked in the form stays open. A source that is down or holds nothing has the value None.
    """

    value: object
    source: str
    as_of: date | None = None
    readonly: bool = True
    state: SourceState = SourceState.READ
