"""What logging in looks like on the wire."""

from marshmallow import fields, validate

from app.identity.types import Assurance, Role, VerificationState
from blueprints.support.pagination import page_of
from blueprints.support.schemas import AreaCode, Moment, Schema

_CODE = validate.Regexp(r"^[!-~]{1,256}\Z", error="登录凭证格式有误，请重新获取")


class CodeIn(Schema):
    """A single-use code that WeChat gave the phone."""

    code = fields.String(required=True, validate=_CODE)


class ResidentOut(Schema):
    """Who logged in; `closing_at` where the account will be erased then."""

    id = fields.UUID(required=True)
    assurance = fields.Enum(Assurance, by_value=True, required=True)
    display_name = fields.String(required=True)
    care_mode = fields.Boolean(required=True)
    closing_at = Moment(required=True, allow_none=True)


class LoggedInOut(Schema):
    """A resident's new session; the token is shown this once."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)
    resident = fields.Nested(ResidentOut, required=True)
    is_new = fields.Boolean(required=True)


class PhoneOut(Schema):
    """The number that was bound, masked."""

    phone = fields.String(required=True)
    assurance = fields.Enum(Assurance, by_value=True, required=True)


class RealNameIn(Schema):
    """Name and 身份证号 as on the card."""

    name = fields.String(required=True, validate=validate.Length(1, 60))
    id_number = fields.String(required=True, validate=validate.Length(1, 40))


class VerificationStartedOut(Schema):
    """The ticket that the phone starts 人脸核身 with; `expires_in` seconds."""

    verification_id = fields.UUID(required=True)
    ticket = fields.String(required=True)
    expires_in = fields.Integer(required=True)


class VerificationOut(Schema):
    """How a verification stands, as the provider told the server."""

    verification_id = fields.UUID(required=True)
    state = fields.Enum(VerificationState, by_value=True, required=True)
    assurance = fields.Enum(Assurance, by_value=True, required=True)
    message = fields.String(required=True)


class SessionOut(Schema):
    """One device that is logged in."""

    id = fields.UUID(required=True, attribute="session_id")
    device = fields.String(required=True)
    created_at = Moment(required=True)
    last_seen_at = Moment(required=True)
    current = fields.Boolean(required=True)


SessionPageOut = page_of(SessionOut)


class OfficerLoginIn(Schema):
    """Both factors of an officer."""

    username = fields.String(required=True, validate=validate.Length(1, 64))
    password = fields.String(required=True, validate=validate.Length(1, 256))
    otp = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}\Z", error="动态口令是6位数字"))


class OfficerOut(Schema):
    """Who an officer is and what they may do where."""

    id = fields.UUID(required=True, attribute="officer_id")
    name = fields.String(required=True)
    roles = fields.List(fields.Enum(Role, by_value=True), required=True)
    department = fields.String(required=True)
    region_code = AreaCode(required=True)


class OfficerLoggedInOut(Schema):
    """An officer's new session; every earlier one has ended."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)
    officer = fields.Nested(OfficerOut, required=True)
