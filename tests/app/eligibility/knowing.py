"""How tests let the product know something about somebody."""

from datetime import date

from app.residents import facts
from app.residents.facts import Said
from app.residents.subjects import own_subject

AS_OF = date(2026, 11, 1)


def learn(resident, *, as_of_day=AS_OF, **known):
    """Let a department state facts as of a day, as a refresh does; the rest is known no more."""
    subject = own_subject(resident)
    stated = {name: Said(value, "测试部门", as_of_day) for name, value in known.items()}
    changed = facts.replace_registry(subject, stated, answered=["测试部门"])
    facts.announce(resident, subject, changed)
