"""Wire format of uploads and links."""

from marshmallow import fields, validate

from app.materials.names import LONGEST
from app.materials.types import LARGEST, Kind, UploadState
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, QuerySchema, Schema, Whole

STATES, KINDS = tuple(UploadState), tuple(Kind)
LONGEST_SAID = 255


class UploadIn(Schema):
    """What is going to be sent: size in bytes, SHA-256 in hex, what it is called (cleaned, then shown)."""

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_SAID))
    size = Whole(required=True, validate=validate.Range(1, LARGEST, error="文件应在10MB以内，且不能为空"))
    sha256 = fields.String(
        required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z", error="请用小写十六进制写出文件的SHA-256")
    )


class PieceQuery(QuerySchema):
    """Where the piece goes on."""

    offset = fields.Integer(required=True, validate=validate.Range(0, LARGEST))


class UploadsQuery(PageQuery):
    """A page of one's own uploads."""


class UploadOut(Schema):
    """One upload; `offset` is how much has arrived, `text` says where it stands and what to do."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, validate=validate.Length(max=LONGEST))
    size = fields.Integer(required=True)
    offset = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    text = fields.String(required=True)
    kind = fields.String(required=True, allow_none=True, validate=validate.OneOf(KINDS))
    pages = fields.Integer(required=True, allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)


class LinkOut(Schema):
    """A link that only who asked can follow, with their own token, until `expires_at`."""

    url = fields.String(required=True)
    expires_at = Moment(required=True)
