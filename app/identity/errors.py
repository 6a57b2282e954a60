"""Refusals of identity, each with the next step."""

from app.foundation.errors import Forbidden, RuleViolation, Unauthenticated, Unavailable


class CodeUsed(Unauthenticated):
    """A wx.login code counts once; whoever shows it again logs in again."""

    code = "auth.wechat.code_used"
    message = "登录凭证已使用，请重新登录"


class CodeRefused(Unauthenticated):
    """WeChat does not know the code, or it is older than five minutes."""

    code = "auth.wechat.code_invalid"
    message = "登录凭证无效或已过期，请重新登录"


class LoginUncertain(Unauthenticated):
    """WeChat did not answer in time: the code must be taken as used."""

    code = "auth.wechat.try_again"
    message = "微信暂时没有响应，请重新登录"


class LoginNotPossible(Forbidden):
    """WeChat advises against this login; why is not told."""

    code = "auth.wechat.refused"
    message = "暂时无法登录，请稍后再试或到窗口办理"


class WeChatUnavailable(Unavailable):
    """WeChat is busy or not reachable."""

    code = "auth.wechat.unavailable"
    message = "微信服务繁忙，请稍后重新登录"


class PhoneCodeRefused(RuleViolation):
    """The phone code does not count, or belongs to somebody else."""

    code = "auth.phone.code_invalid"
    message = "手机号授权已失效，请重新点击“获取手机号”"


class PhoneUnavailable(Unavailable):
    """WeChat cannot tell the phone number now."""

    code = "auth.phone.unavailable"
    message = "暂时无法获取手机号，请稍后再试"


class OfficerRefused(Unauthenticated):
    """User name, password or one-time code is wrong, or the account is locked: the words are always these."""

    code = "auth.officer.refused"
    message = "用户名、密码或动态口令不正确；连续多次错误后账号将暂停登录15分钟"


class AlreadyVerified(RuleViolation):
    """The account has its real name."""

    code = "auth.identity.already_verified"
    message = "您已完成实名认证，无需重复办理"


class PersonTaken(RuleViolation):
    """Another account was verified as this person before."""

    code = "auth.identity.person_taken"
    message = "该身份已在另一个微信账号完成实名认证，请用原账号登录；如需更换，请携带身份证到窗口办理"


class VerificationUnavailable(Unavailable):
    """The provider of real-name verification does not answer."""

    code = "auth.identity.unavailable"
    message = "实名认证服务暂时繁忙，请稍后再试"


class VerificationOver(RuleViolation):
    """This verification expired, failed or was asked for too often: a new one is needed."""

    code = "auth.identity.verification_over"
    message = "本次实名认证已结束，请重新发起"


class CannotClose(RuleViolation):
    """The account is not in the state that this asks for."""

    code = "account.not_possible"
    message = "账号当前状态不能进行此操作，请刷新后再试"
