"""Published events: a lower capability says what happened.

A higher one that cares subscribes (app/wiring.py).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Signal(Generic[T]):
    """A named event; subscribers run in the sender's transaction, in the order in which they subscribed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._subscribers: list[Callable[[T], object]] = []

    def subscribe(self, subscriber: Callable[[T], object]) -> None:
        """Call `subscriber` with every value sent from now on; subscribing twice is once."""
        if subscriber not in self._subscribers:
            self._subscribers.append(subscriber)

    def send(self, value: T) -> None:
        """Tell every subscriber; what one raises reaches the sender and rolls its transaction back."""
        for subscriber in tuple(self._subscribers):
            subscriber(value)
