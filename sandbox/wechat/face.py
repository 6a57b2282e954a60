"""Face verification (人脸核身 2.0): asked for by the server, performed by the person on the phone."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.wechat import crypto
from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import VirtualClock
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.users import RealName

LIFETIME = 3_600
VERIFY_ID_LENGTH = 128
PASSED = 10_000
ID_MISMATCH = 10_003
TIMED_OUT = 90_107
UNFINISHED = 10_300  # 未完成核身: from recollection, the stored page is cut off before it


class Outcome(StrEnum):
    """How the person's attempt on the phone ends."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    CANCEL = "cancel"
    MISMATCH = "mismatch"
    OTHER_PERSON = "other_person"
    CAMERA = "camera"
    NETWORK = "network"
    TIMEOUT = "timeout"
    UNSUPPORTED = "unsupported"
    SYSTEM = "system"


VERIFY_RET = {
    Outcome.PASS: PASSED,
    Outcome.CANCEL: 90_004,
    Outcome.MISMATCH: ID_MISMATCH,
    Outcome.OTHER_PERSON: 10_004,
    Outcome.CAMERA: 90_008,
    Outcome.NETWORK: 90_007,
    Outcome.TIMEOUT: TIMED_OUT,
    Outcome.UNSUPPORTED: 90_001,
    Outcome.SYSTEM: 90_018,
}


class CannotPerform(Exception):
    """The phone cannot do this face check: none was asked for, it has ended, or its time is over."""


@dataclass(frozen=True, slots=True)
class Cert:
    """The document that the server named."""

    kind: str
    name: str
    number: str

    @property
    def digest(self) -> str:
        """The cert_hash that queryverifyinfo must repeat."""
        return crypto.cert_hash(cert_type=self.kind, cert_name=self.name, cert_no=self.number)


@dataclass(slots=True)
class Verification:
    """One session; `verify_ret` is None until the person has tried."""

    verify_id: str
    out_seq_no: str
    appid: str
    openid: str
    cert: Cert
    expires_at: float
    verify_ret: int | None = None


class FaceChecks:
    """All sessions, by verify_id."""

    def __init__(self, clock: VirtualClock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._sessions: dict[str, Verification] = {}
        self._sequences: set[tuple[str, str]] = set()

    def start(self, *, appid: str, openid: str, out_seq_no: str, cert: Cert) -> Verification:
        """Open a session; an out_seq_no serves once per app."""
        if (appid, out_seq_no) in self._sequences:
            raise Refusal(Errcode.SEQUENCE_REPEATED)
        self._sequences.add((appid, out_seq_no))
        verify_id = self._chance.text(VERIFY_ID_LENGTH)
        session = Verification(verify_id, out_seq_no, appid, openid, cert, self._clock.now() + LIFETIME)
        self._sessions[verify_id] = session
        return session

    def perform(self, session: Verification, outcome: Outcome, *, person: RealName | None) -> int:
        """Return the attempt: it passes only with the person's own document, if we know the person."""
        if session.verify_ret is not None:
            raise CannotPerform("this face check has ended already")
        if self._clock.now() >= session.expires_at:
            raise CannotPerform("the verify_id has expired")
        verify_ret = VERIFY_RET[outcome]
        if outcome is Outcome.PASS and person not in {None, RealName(session.cert.name, session.cert.number)}:
            verify_ret = ID_MISMATCH
        session.verify_ret = verify_ret
        return verify_ret

    def by_id(self, verify_id: str) -> Verification:
        """Return the session a phone was given."""
        session = self._sessions.get(verify_id)
        if session is None:
            raise CannotPerform("no such verify_id")
        return session

    def latest_of(self, openid: str) -> Verification:
        """Return the session a user was asked for last and has not ended."""
        open_ones = [s for s in self._sessions.values() if s.openid == openid and s.verify_ret is None]
        if not open_ones:
            raise CannotPerform("this openid has no open face check")
        return open_ones[-1]

    def result(self, *, appid: str, verify_id: str, out_seq_no: str) -> Verification:
        """Return the session a server asks about; 84001 unless both ids belong together and to this app."""
        session = self._sessions.get(verify_id)
        if session is None or session.appid != appid or session.out_seq_no != out_seq_no:
            raise Refusal(Errcode.INVALID_IDENTIFY_ID)
        return session

    def verify_ret(self, session: Verification) -> int:
        """How it ended; not finished while the person still may try, timed out afterwards."""
        if session.verify_ret is not None:
            return session.verify_ret
        return UNFINISHED if self._clock.now() < session.expires_at else TIMED_OUT
