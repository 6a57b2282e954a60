"""What identity publishes; higher packages subscribe (app/wiring.py).

Sent inside the transaction of the effect.
"""

from app.foundation.signals import Signal
from app.identity.types import ResidentId

verified: Signal[ResidentId] = Signal("identity.verified")
"""A resident's real name was verified."""
