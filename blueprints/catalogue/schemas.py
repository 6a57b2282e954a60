"""What the catalogue looks like on the wire."""

from marshmallow import fields, validate

from blueprints.support.pagination import PageQuery, page_of
from blueprints.support.schemas import RegionCode, Schema

LONGEST_QUERY = 50


class ServiceQuery(PageQuery):
    """Filters of the list of services."""

    q = fields.String(load_default="", validate=validate.Length(max=LONGEST_QUERY))
    theme = fields.String(load_default="", validate=validate.Length(max=LONGEST_QUERY))
    region = RegionCode(load_default="")
    audience = fields.String(load_default="", validate=validate.OneOf(["person", "enterprise"]))


class LimitOut(Schema):
    """A time limit."""

    days = fields.Float(required=True)
    unit = fields.String(required=True)
    basis = fields.String(required=True)


class ServiceOut(Schema):
    """A service in a list."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    department = fields.String(required=True, metadata={"description": "code"})
    department_name = fields.String(required=True)
    audiences = fields.List(fields.String(), required=True)
    themes = fields.List(fields.String(), required=True)
    regions = fields.List(fields.String(), required=True)
    one_thing = fields.Boolean(required=True, metadata={"description": "一件事"})
    handle_modes = fields.List(fields.String(), required=True)
    promised_limit = fields.Nested(LimitOut, required=True)
    visits = fields.Integer(required=True)
    charged = fields.Boolean(required=True)


class MaterialOut(Schema):
    """A material, and how it can be supplied without the applicant carrying it."""

    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    conditional = fields.Boolean(required=True, metadata={"description": "only with certain answers"})
    source = fields.String(required=True)
    license = fields.String(required=True, allow_none=True)
    license_name = fields.String(required=True, allow_none=True)
    may_follow = fields.Boolean(required=True, metadata={"description": "容缺后补"})
    may_be_promised = fields.Boolean(required=True, metadata={"description": "告知承诺"})
    note = fields.String(required=True)


class StageOut(Schema):
    """A stage of handling."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    department = fields.String(required=True)
    department_name = fields.String(required=True)
    after = fields.List(fields.String(), required=True)
    limit_days = fields.Float(required=True)
    counted = fields.Boolean(required=True, metadata={"description": "false: outside the time limit"})
    conditional = fields.Boolean(required=True)
    by_applicant = fields.Boolean(required=True)


class FeeItemOut(Schema):
    """One thing that is paid for."""

    name = fields.String(required=True)
    standard = fields.String(required=True)


class FeeOut(Schema):
    """What it costs."""

    charged = fields.Boolean(required=True)
    basis = fields.String(required=True)
    note = fields.String(required=True)
    online_pay = fields.Boolean(required=True)
    items = fields.List(fields.Nested(FeeItemOut), required=True)


class ResultOut(Schema):
    """What the applicant gets."""

    kind = fields.String(required=True)
    name = fields.String(required=True)
    license = fields.String(required=True, allow_none=True)
    delivery = fields.List(fields.String(), required=True)


class RegionOut(Schema):
    """An administrative division."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)


class AreaOut(Schema):
    """Where a service is offered."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class QuestionOut(Schema):
    """A question the form asks, so that one can prepare."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    required = fields.Boolean(required=True)
    conditional = fields.Boolean(required=True)
    prefilled = fields.Boolean(required=True, metadata={"description": "read from a source where it can be"})
    help = fields.String(required=True)


class FormStepOut(Schema):
    """A step of the form."""

    title = fields.String(required=True)
    questions = fields.List(fields.Nested(QuestionOut), required=True)


class TagOut(Schema):
    """A reason offered when rating."""

    code = fields.String(required=True)
    label = fields.String(required=True)


class RatingTagsOut(Schema):
    """The reasons offered when rating (好差评)."""

    good = fields.List(fields.Nested(TagOut), required=True)
    bad = fields.List(fields.Nested(TagOut), required=True)


class SourceOut(Schema):
    """Where the facts were read, and whether anybody checked them."""

    name = fields.String(required=True)
    doc_no = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    date = fields.String(required=True)
    verification = fields.String(required=True)


class GuideOut(ServiceOut):
    """Everything a resident needs to know before applying (办事指南)."""

    version = fields.Integer(required=True)
    basic_code = fields.String(required=True)
    item_type = fields.String(required=True)
    exercise_level = fields.String(required=True)
    doc_type = fields.String(required=True)
    areas = fields.List(fields.Nested(AreaOut), required=True)
    area_note = fields.String(required=True, metadata={"description": "通办范围"})
    statutory_limit = fields.Nested(LimitOut, required=True)
    visit_reason = fields.String(required=True)
    fee = fields.Nested(FeeOut, required=True)
    conditions = fields.List(fields.String(), required=True)
    materials = fields.List(fields.Nested(MaterialOut), required=True)
    stages = fields.List(fields.Nested(StageOut), required=True)
    form = fields.List(fields.Nested(FormStepOut), required=True)
    result = fields.Nested(ResultOut, required=True)
    renewal_note = fields.String(required=True)
    without_a_phone = fields.List(
        fields.String(), required=True, metadata={"description": "ways for those who use no phone"}
    )
    remedies = fields.String(required=True)
    rating_tags = fields.Nested(RatingTagsOut, required=True)
    source = fields.Nested(SourceOut, required=True)


class ThemedServiceOut(Schema):
    """A service under a theme."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class ThemeOut(Schema):
    """A stage of life with its services."""

    id = fields.String(required=True)
    audience = fields.String(required=True)
    name = fields.String(required=True)
    services = fields.List(fields.Nested(ThemedServiceOut), required=True)


class ThemesOut(Schema):
    """All themes of life, empty ones too."""

    items = fields.List(fields.Nested(ThemeOut), required=True)


class RegionsOut(Schema):
    """All divisions, parents before children."""

    items = fields.List(fields.Nested(RegionOut), required=True)


ServicePageOut = page_of(ServiceOut)
