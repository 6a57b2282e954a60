"""Answers that live elsewhere: an uploaded file, a signature. The form holds the reference only."""

from uuid import UUID

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule
from app.forms.fields.texts import visible
from app.forms.types import Field, KnownRegion
from app.rules.types import FactType

LONGEST_NAME = 50
UUID_LENGTH = 36


def _attachment(value: object, message: str) -> str:
    try:
        if isinstance(value, str) and len(value) == UUID_LENGTH:
            return str(UUID(value))
    except ValueError:
        pass
    raise FieldFault(message)


class FileField(FieldRule):
    """The id of an attachment of this case; whether it belongs to the case is the case's own question."""

    fact_type = FactType.OPAQUE
    help = "拍照或选择文件上传"
    missing = "请上传文件"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the attachment's id."""
        return _attachment(value, "请重新上传这个文件")

    def display(self, field: Field, value: object) -> str:  # noqa: ARG002 one face for all
        """Say that it is there."""
        return "已上传"


class SignatureField(FieldRule):
    """A typed name `{"kind": "typed", "text": …}` or a drawn one `{"kind": "drawn", "attachment_id": …}`."""

    fact_type = FactType.OPAQUE
    help = "手写签名或输入本人姓名"
    missing = "请签名"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> dict[str, str]:  # noqa: ARG002 one face for all
        """Return the signature with nothing else in it."""
        match value:
            case {"kind": "typed", "text": str(text), **rest} if not rest:
                name = text.strip()
                if not name or len(name) > LONGEST_NAME or not visible(name):
                    raise FieldFault("请用本人姓名签名")
                return {"kind": "typed", "text": name}
            case {"kind": "drawn", "attachment_id": drawn, **rest} if not rest:
                return {"kind": "drawn", "attachment_id": _attachment(drawn, "签名没有保存好，请重新签名")}
            case _:
                raise FieldFault("请手写签名，或输入本人姓名作为签名")

    def display(self, field: Field, value: object) -> str:  # noqa: ARG002 one face for all
        """Return the typed name, or say that it was signed by hand."""
        return str(value["text"]) if isinstance(value, dict) and "text" in value else "已手写签名"
