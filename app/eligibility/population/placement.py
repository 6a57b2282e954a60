"""Where the partitions of a run are worked on: one after another here, in processes, or on a cluster.

A placement knows nothing of matching. It is given a piece of work and what to do it for; the work reads and
writes files, so that what comes back is small, and doing it twice does no harm.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from app.foundation.errors import DomainError

Item = TypeVar("Item")
Made = TypeVar("Made")
ATTEMPTS = 4
"""How often a piece of work is begun before it is given up: as often as Spark does by default."""


class Interrupted(DomainError):
    """The processes that work died again and again; what is finished stays."""

    code = "match_result.interrupted"
    message = "匹配进程多次中断，请查看日志，排除故障后重新运行；已完成的分区不会重做"


class PlacementUnknown(DomainError):
    """The setting names no placement, or one that is not installed here."""

    code = "match_result.placement_unknown"
    message = "匹配的运行方式设置有误，请填写 serial、processes:进程数 或 spark:集群地址"


class Placement(Protocol):
    """Somewhere to work; closed by leaving its `with`."""

    def each(self, work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
        """Do the work for every item and return what each made, in their order.

        Raises the first refusal in that order, after the others were done, and Interrupted where those who
        work died.
        """

    def __enter__(self) -> Self:
        """Open what it needs."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what it opened."""


class Serial:
    """One item after another, in this process."""

    def each(self, work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
        """Do the work for every item; raises the first refusal at once."""
        return [work(item) for item in items]

    def __enter__(self) -> Self:
        """Need nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give nothing back."""


def attempted(work: Callable[[Item], Made], item: Item) -> Made | DomainError:
    """Do a piece of work; a refusal is an answer, for trying again would not help."""
    try:
        return work(item)
    except DomainError as refusal:
        return refusal


def accepted(answers: Sequence[Made | DomainError]) -> list[Made]:
    """Return answers that are no refusals; raises the first that is one."""
    for answer in answers:
        if isinstance(answer, DomainError):
            raise answer
    return answers  # type: ignore[return-value] # just looked at


def sealed(work: Callable[..., Any]) -> bytes:
    """Turn work into bytes, once for all its items."""
    return pickle.dumps(work, pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=1)
def unsealed(work: bytes) -> Callable[[Any], Any]:
    """Turn bytes into work again, once for each process."""
    opened: Callable[[Any], Any] = pickle.loads(work)  # noqa: S301 made by `sealed` of the parent process
    return opened
