"""The field types: each one a small class that cleans an answer, masks it, shows it and explains itself."""

from collections.abc import Mapping

from app.forms.fields.base import FieldRule as FieldRule
from app.forms.fields.choices import BoolField, DeclarationField, MultiselectField, SelectField
from app.forms.fields.codes import BankcardField, IdcardField, PhoneField, RegionField, UsccField
from app.forms.fields.lists import ListField
from app.forms.fields.quantities import DateField, MoneyField, NumberField
from app.forms.fields.references import FileField, SignatureField
from app.forms.fields.texts import AddressField, TextareaField, TextField
from app.forms.types import Field, FieldType
from app.rules.types import FieldKind

_PLAIN: Mapping[FieldType, FieldRule] = {
    FieldType.TEXT: TextField(),
    FieldType.TEXTAREA: TextareaField(),
    FieldType.ADDRESS: AddressField(),
    FieldType.IDCARD: IdcardField(),
    FieldType.PHONE: PhoneField(),
    FieldType.BANKCARD: BankcardField(),
    FieldType.USCC: UsccField(),
    FieldType.REGION: RegionField(),
    FieldType.DATE: DateField(),
    FieldType.NUMBER: NumberField(),
    FieldType.MONEY: MoneyField(),
    FieldType.SELECT: SelectField(),
    FieldType.MULTISELECT: MultiselectField(),
    FieldType.BOOL: BoolField(),
    FieldType.DECLARATION: DeclarationField(),
    FieldType.FILE: FileField(),
    FieldType.SIGNATURE: SignatureField(),
}
RULES: Mapping[FieldType, FieldRule] = {**_PLAIN, FieldType.LIST: ListField(_PLAIN)}


def rule_of(field: Field) -> FieldRule:
    """Return the class that knows this field's type."""
    return RULES[field.type]


def kind_of(field: Field) -> FieldKind:
    """Say to the condition language what the field is."""
    labels = {option.value: option.label for option in field.options}
    return FieldKind(rule_of(field).fact_type, field.label, tuple(labels), labels)
