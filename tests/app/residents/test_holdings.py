"""Facts are written by one at a time."""

import threading

from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.residents import consents, holdings


def test_who_takes_the_lock_while_reading_consents_waits_even_where_there_are_none(
    sign_in, together, until_somebody_waits
):
    resident, writing, done = ResidentId(sign_in.resident().id), threading.Event(), []

    def work(number):
        with atomic():
            if number == 0:
                holdings.locked(resident)
                writing.set()
                until_somebody_waits()
            else:
                assert writing.wait(5)
                consents.require(resident, (), holding=holdings.lock(resident))
            done.append(number)

    assert together(work, times=2) == [None, None]
    assert done == [0, 1]
