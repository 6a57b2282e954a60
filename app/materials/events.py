"""What materials publish, inside the transaction of the effect; app/wiring.py subscribes."""

from uuid import UUID

from app.foundation.signals import Signal
from app.identity.types import ResidentId

infected: Signal[tuple[ResidentId, UUID]] = Signal("materials.infected")
"""A virus was found in an upload of somebody's; its content is gone."""
