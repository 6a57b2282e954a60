"""What a fault rule can do to a push (推送故障): repeat it, delay it, spoil its signature or its shape."""

from dataclasses import dataclass

from sandbox.wechat.apps import PushFormat, PushMode
from sandbox.wechat.events import PLAIN_DIALECT, Dialect


@dataclass(frozen=True, slots=True)
class Twist:
    """The distortions of one push; without arguments there are none. Times are in seconds."""

    duplicate: int = 0
    fresh_nonce: bool = False
    same_query: bool = False
    delay: float = 0.0
    lost: bool = False
    lenient: bool = False
    bad_signature: bool = False
    wrong_appid: bool = False
    wrong_aes_key: bool = False
    previous_aes_key: bool = False
    malformed: bool = False
    oversized: bool = False
    clock_skew: float = 0.0
    mode: PushMode | None = None
    format: PushFormat | None = None
    dialect: Dialect = PLAIN_DIALECT


NO_TWIST = Twist()
