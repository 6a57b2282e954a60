"""How sensitive values are shown: enough to recognise one's own, too little to use (GB/T 35273 7.2)."""

_EDGE = 4
_LONG = 8


def id_number(value: str) -> str:
    """Mask 身份证号: `500***********1234`."""
    return f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}" if len(value) > _LONG else "*" * len(value)


def phone(value: str) -> str:
    """Mask a phone number: `138****5678`."""
    return f"{value[:3]}****{value[-4:]}" if len(value) > _LONG else "*" * len(value)


def card(value: str) -> str:
    """Mask a bank card number: `**** 5678`."""
    return f"**** {value[-_EDGE:]}" if len(value) > _EDGE else "****"


def name(value: str) -> str:
    """Mask a person's name: `王*英`, `李*`."""
    if len(value) <= 1:
        return value
    return f"{value[0]}*" if len(value) == 2 else f"{value[0]}{'*' * (len(value) - 2)}{value[-1]}"  # noqa: PLR2004 two characters


def text(value: str) -> str:
    """Mask anything else that is sensitive."""
    return f"{value[:1]}***" if value else ""
