"""Mini-program accounts (小程序帐号) and where their message pushes go."""

from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.wechat.errcodes import Errcode
from sandbox.wechat.quotas import Limit
from sandbox.wechat.templates import Template


class PushMode(StrEnum):
    """How a push is protected: 明文, 兼容, 安全."""

    PLAINTEXT = "plaintext"
    COMPATIBLE = "compatible"
    SECURE = "secure"


class PushFormat(StrEnum):
    """The data format chosen in the console."""

    JSON = "json"
    XML = "xml"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """The message-push settings of an account; `original_id` is its gh_ id, `timeout` is in seconds."""

    url: str
    token: str
    aes_key: str
    original_id: str
    prev_aes_key: str | None = None
    mode: PushMode = PushMode.SECURE
    format: PushFormat = PushFormat.JSON
    timeout: float = 5.0
    max_attempts: int = 4


@dataclass(slots=True)
class App:
    """A mini-program account as its console shows it, and the codes it prefers where WeChat itself wavers."""

    appid: str
    secret: str
    ip_whitelist: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    pay_enabled: bool = False
    frozen: bool = False
    push: PushTarget | None = None
    templates: dict[str, Template] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    wrong_secret_errcode: Errcode = Errcode.INVALID_APPSECRET
    expired_token_errcode: Errcode = Errcode.TOKEN_EXPIRED
