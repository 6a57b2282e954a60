"""How many statements a piece of work sends: `with query_budget(10): …`."""

from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

HARNESS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO")


@pytest.fixture
def query_budget():
    """`with query_budget(10) as statements:` fails above ten; `statements` is the list of what was sent."""

    @contextmanager
    def budget(most):
        statements = []

        def note(_connection, _cursor, statement, *_):
            if not statement.startswith(HARNESS):
                statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert len(statements) <= most, "\n".join(
            [f"{len(statements)} statements, {most} allowed:", *statements]
        )

    return budget
