"""What a resident's own data look like on the wire."""

from marshmallow import fields, validate

from app.identity.types import AccountState, Assurance
from app.residents.types import FactKind, MandateState, Purpose, SubjectKind, SubjectRelation
from blueprints.support.pagination import page_of
from blueprints.support.schemas import Flag, Moment, QuerySchema, RegionCode, Schema, Whole

_CLOCK = "%H:%M"
FETCHING = (Purpose.MATCHING, Purpose.PREFILL)


class QuietHours(Schema):
    """When nothing is pushed, Asia/Shanghai; over midnight where `to` is earlier than `from`."""

    start = fields.Time(required=True, data_key="from", format=_CLOCK)
    until = fields.Time(required=True, data_key="to", format=_CLOCK)


class MeOut(Schema):
    """Oneself; name, ID number and phone number are masked."""

    id = fields.UUID(required=True)
    assurance = fields.Enum(Assurance, by_value=True, required=True)
    state = fields.Enum(AccountState, by_value=True, required=True)
    closing_at = Moment(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    id_number = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    display_name = fields.String(required=True)
    care_mode = fields.Boolean(required=True)
    quiet_hours = fields.Nested(QuietHours, required=True, allow_none=True)
    region_code = fields.String(required=True, allow_none=True)
    lifecycle = fields.List(fields.String(), required=True)
    personalised = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class MeIn(Schema):
    """The settings to change."""

    display_name = fields.String(validate=validate.Length(0, 30))
    care_mode = Flag()
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    region_code = RegionCode(allow_none=True)
    lifecycle = fields.List(fields.String(validate=validate.Length(1, 40)), validate=validate.Length(max=30))
    personalised = Flag()


class SubjectQuery(QuerySchema):
    """About whom: oneself unless a subject is named."""

    subject_id = fields.UUID(load_default=None)


class StatementOut(Schema):
    """The resident's own word."""

    value = fields.Raw(required=True, allow_none=True)
    stated_at = Moment(required=True)


class FactOut(Schema):
    """One fact: what counts, who says so, and the resident's own word beside it."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    unit = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    value = fields.Raw(required=True, allow_none=True)
    known = fields.Boolean(required=True)
    kind = fields.Enum(FactKind, by_value=True, required=True, allow_none=True)
    source = fields.String(required=True)
    as_of = fields.Date(required=True, allow_none=True)
    fetched_at = Moment(required=True, allow_none=True)
    stale = fields.Boolean(required=True)
    sensitive = fields.Boolean(required=True)
    consent = fields.Boolean(required=True)
    how = fields.String(required=True)
    question = fields.String(required=True)
    statement = fields.Nested(StatementOut, required=True, allow_none=True)
    disputed = fields.Boolean(required=True)


FactPageOut = page_of(FactOut)


class StatementIn(Schema):
    """One's own word about a fact; null takes it back."""

    value = fields.Raw(required=True, allow_none=True)


class RefreshIn(Schema):
    """What the departments are asked for; each needs its consent."""

    purposes = fields.List(
        fields.Enum(Purpose, by_value=True, validate=validate.OneOf(FETCHING, error="不支持这个用途")),
        load_default=lambda: [Purpose.MATCHING],
        validate=validate.Length(1, 4),
    )


class RefreshOut(Schema):
    """Which departments answered, which did not, and which facts are another now."""

    answered = fields.List(fields.String(), required=True)
    failed = fields.List(fields.String(), required=True)
    changed = fields.List(fields.String(), required=True)
    fetched_at = Moment(required=True)


class DisputeIn(Schema):
    """Why a department's fact is wrong."""

    reason = fields.String(required=True, validate=validate.Length(2, 500))


class DisputeOut(Schema):
    """The objection that was kept."""

    id = fields.UUID(required=True)


class ConsentOut(Schema):
    """One purpose, its notice, and the decision."""

    purpose = fields.Enum(Purpose, by_value=True, required=True)
    granted = fields.Boolean(required=True)
    title = fields.String(required=True)
    notice = fields.String(required=True)
    notice_version = fields.Integer(required=True)
    version = fields.Integer(required=True)
    decided_at = Moment(required=True, allow_none=True)


ConsentPageOut = page_of(ConsentOut)


class ConsentIn(Schema):
    """The version of the notice that was read."""

    notice_version = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 10_000))


class ClosingOut(Schema):
    """When the account will be erased, unless it is kept after all."""

    state = fields.Enum(AccountState, by_value=True, required=True)
    closing_at = Moment(required=True)
    message = fields.String(required=True)


class SubjectOut(Schema):
    """Somebody whom one may act for; the name is masked unless it is an enterprise's."""

    id = fields.UUID(required=True)
    kind = fields.Enum(SubjectKind, by_value=True, required=True)
    relation = fields.Enum(SubjectRelation, by_value=True, required=True)
    name = fields.String(required=True)


SubjectPageOut = page_of(SubjectOut)


class MandateIn(Schema):
    """Who the other one is to me."""

    relation = fields.String(
        required=True,
        validate=validate.OneOf(["配偶", "父母", "子女", "其他亲属"], error="请选择亲属关系"),
    )


class MandateAcceptIn(Schema):
    """The code that the relative passed on."""

    code = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_-]{43}\Z", error="邀请码有误"))


class MandateOut(Schema):
    """One mandate; the code is shown only in the answer to the invitation."""

    id = fields.UUID(required=True)
    state = fields.Enum(MandateState, by_value=True, required=True)
    relation = fields.String(required=True)
    given_by_me = fields.Boolean(required=True)
    other_name = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    expires_at = Moment(required=True)


MandatePageOut = page_of(MandateOut)
