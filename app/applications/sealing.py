"""Sealed columns of a case: answers, what sources said, and people's words in events."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.foundation import crypto


def seal(content: Mapping[str, Any], *, column: str, row_id: UUID, table: str = "application_case") -> bytes:
    """Encrypt a JSON object for its place."""
    return crypto.cipher().encrypt(orjson.dumps(content).decode(), place=f"{table}|{column}|{row_id}")


def unseal(sealed: bytes, *, column: str, row_id: UUID, table: str = "application_case") -> dict[str, Any]:
    """Return the JSON object; raises Undecipherable where it was altered or moved."""
    content: dict[str, Any] = orjson.loads(
        crypto.cipher().decrypt(sealed, place=f"{table}|{column}|{row_id}")
    )
    return content


def seal_note(content: Mapping[str, Any], *, event_id: UUID) -> bytes:
    """Encrypt what a person wrote in an event."""
    return seal(content, column="note", row_id=event_id, table="application_event")


def unseal_note(sealed: bytes | None, *, event_id: UUID) -> dict[str, Any]:
    """Return what a person wrote in an event; empty where they wrote nothing."""
    if sealed is None:
        return {}
    return unseal(sealed, column="note", row_id=event_id, table="application_event")
