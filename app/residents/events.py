"""What residents publish; higher packages subscribe (app/wiring.py).

Sent inside the transaction of the effect; what a subscriber raises refuses the effect.
"""

from app.foundation.signals import Signal
from app.identity.events import verified as verified
from app.identity.types import ResidentId

facts_changed: Signal[ResidentId] = Signal("residents.facts_changed")
"""A fact about a resident, or about one of their enterprises, is new or another."""

consent_changed: Signal[ResidentId] = Signal("residents.consent_changed")
"""A resident gave or withdrew a consent."""

closing_requested: Signal[ResidentId] = Signal("residents.closing_requested")
"""A resident wants to leave; who still owes them a decision raises a refusal with the reason (PIPL 47)."""

erased: Signal[ResidentId] = Signal("residents.erased")
"""The cooling-off is over: whoever holds personal data of this resident forgets it now."""
