"""The smallest module that dramatiq works for, for the launcher's tests."""

import dramatiq
from dramatiq.brokers.stub import StubBroker

dramatiq.set_broker(StubBroker(middleware=[]))


@dramatiq.actor
def look() -> None:
    """Do nothing."""
