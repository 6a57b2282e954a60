"""What was asked of whom and why; identifiers are masked before they are kept."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.registries.identifiers import masked

KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One question: `subject` is masked, `outcome` is found, not_found, refused or the name of a fault."""

    at: str
    record_no: str
    department: str
    kind: str
    subject: str
    purpose: str
    request_id: str
    outcome: str


class Journal:
    """The last questions, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def next_record_no(self, department: str) -> str:
        """Return the number under which a department will find this question again."""
        self._count += 1
        return f"{department}-{datetime.now(UTC):%Y%m%d}-{self._count:08d}"

    def write(
        self, *, record_no: str, department: str, kind: str, question: dict[str, str], outcome: str
    ) -> None:
        """Keep one question; `question` is `{subject, purpose, request_id}` with the subject in clear."""
        self._entries.append(
            Entry(
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                record_no=record_no,
                department=department,
                kind=kind,
                subject=masked(question["subject"]),
                purpose=question["purpose"],
                request_id=question["request_id"],
                outcome=outcome,
            )
        )

    def entries(self, department: str | None = None) -> list[dict[str, Any]]:
        """Return the entries, of one department if it is named."""
        return [asdict(entry) for entry in self._entries if department in {None, entry.department}]

    def clear(self) -> None:
        """Forget everything that was asked."""
        self._entries.clear()
