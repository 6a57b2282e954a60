"""The few shapes a refusal can take; HTTP status codes are chosen in blueprints/support/errors.py.

Every subclass names a stable `code` for clients and a Chinese `message` that tells a person the next step.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DomainError(Exception):
    """A refusal that the caller can understand and show."""

    code: ClassVar[str] = "internal"
    message: str = "系统繁忙，请稍后再试"

    def __init__(self, message: str | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as it is: subclasses are made from other arguments than they keep."""
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[DomainError], args: tuple[object, ...], kept: dict[str, object]) -> DomainError:
    error = kind.__new__(kind, *args)
    vars(error).update(kept)
    return error


class NotFound(DomainError):
    """Absent, or not yours to see: the two are indistinguishable."""

    code = "not_found"
    message = "没有找到您要的内容，请返回上一页再试"


class RuleViolation(DomainError):
    """Well-formed, but the rules or the state say no."""

    code = "rule_violation"


class InvalidInput(DomainError):
    """A field is wrong; `errors` names each by its path."""

    code = "invalid_input"
    message = "填写的内容有误，请按提示修改"

    def __init__(self, errors: Mapping[str, Sequence[str]], message: str | None = None) -> None:
        super().__init__(message)
        self.errors: dict[str, list[str]] = {path: list(texts) for path, texts in errors.items()}


class Unauthenticated(DomainError):
    """We do not know who is asking."""

    code = "auth.required"
    message = "登录已失效，请重新登录"


class StepUpRequired(Unauthenticated):
    """Known, but this needs a fresh login (within five minutes)."""

    code = "auth.step_up_required"
    message = "为保护您的信息，请重新登录后再操作"


class Forbidden(DomainError):
    """Known staff, not allowed to do this."""

    code = "auth.forbidden"
    message = "您没有这项操作的权限，请联系本单位管理员"


class StaleVersion(DomainError):
    """Somebody changed it meanwhile; `If-Match` does not fit."""

    code = "stale_version"
    message = "内容已在别处更新，请刷新后再改"


class TooManyRequests(DomainError):
    """A limit is used up until `retry_after` seconds from now."""

    code = "rate_limited"
    message = "操作太频繁，请稍后再试"

    def __init__(self, *, retry_after: int, message: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """Something we depend on does not answer; trying again later may work."""

    code = "unavailable"
    message = "系统繁忙，请稍后再试"

    def __init__(self, message: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after
