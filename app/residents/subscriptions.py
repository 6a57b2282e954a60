"""What residents do when something happens; `connect` is called once per process by app/wiring.py."""

from app.residents import events, facts


def connect() -> None:
    """Let a withdrawn consent take its data with it."""
    events.consent_changed.subscribe(facts.forget_unconsented)
