"""Wire format of a case's materials: what each stands on, and what is done about it."""

from marshmallow import fields, validate

from app.applications.material_types import MaterialState, Way
from app.applications.materials import MOST_FILES
from app.applications.types import Status
from app.materials.types import Kind, UploadState
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Flag, Moment, Schema, Whole

LONGEST_REASON, LONGEST_SIGNATURE = 1000, 50


class MaterialFileOut(Schema):
    """A file that stands for a material; only a `clean` one is lent."""

    id = fields.UUID(required=True)
    upload_id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(Kind)))
    size = fields.Integer(required=True)
    pages = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    watermark = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(UploadState)))
    text = fields.String(required=True)


class PromiseOut(Schema):
    """Where a promise stands: which text was signed, when it was checked, when it was put right."""

    version = fields.Integer(required=True)
    signed_at = Moment(required=True)
    checked_on = fields.Date(required=True, allow_none=True)
    repaired_on = fields.Date(required=True, allow_none=True)


class CaseMaterialOut(Schema):
    """One material: what it stands on, what is due when, the `ways` open to the applicant now."""

    position = fields.Integer(required=True)
    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    source = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(MaterialState)))
    text = fields.String(required=True)
    note = fields.String(required=True)
    due_on = fields.Date(required=True, allow_none=True)
    ways = fields.List(fields.String(validate=validate.OneOf(tuple(Way))), required=True)
    files = fields.List(fields.Nested(MaterialFileOut), required=True)
    promise = fields.Nested(PromiseOut, required=True, allow_none=True)


class UploadsIn(Schema):
    """My uploads that stand for the material, in the order in which they are read."""

    uploads = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_FILES))


class SignatureIn(Schema):
    """A signature as the form's field has it: `typed`, the name."""

    kind = fields.String(required=True, validate=validate.OneOf(("typed",)))
    text = fields.String(required=True, validate=validate.Length(1, LONGEST_SIGNATURE))


class PromiseIn(Schema):
    """Which text was read, and the signature under it."""

    version = Whole(required=True)
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))
    signature = fields.Nested(SignatureIn, required=True)


class PromiseTextOut(Schema):
    """What is told (告知书) and what is signed (承诺书)."""

    version = fields.Integer(required=True)
    told = fields.List(fields.String(), required=True)
    promised = fields.List(fields.String(), required=True)
    sha256 = fields.String(required=True)


class CheckIn(Schema):
    """What a check found; `reason` is told to the applicant, `revoke` takes the decision back."""

    kept = Flag(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    revoke = Flag(load_default=False)


class CheckedOut(Schema):
    """What came of it."""

    status = fields.String(required=True, validate=validate.OneOf(tuple(Status)))
    version = fields.Integer(required=True)


class PromisesQuery(PageQuery):
    """A page of promises to be checked."""


class DuePromiseOut(Schema):
    """A promise that is to be checked, and by when."""

    case_id = fields.UUID(required=True)
    receipt_no = fields.String(required=True, allow_none=True)
    service_name = fields.String(required=True)
    position = fields.Integer(required=True)
    material = fields.String(required=True)
    due_on = fields.Date(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
