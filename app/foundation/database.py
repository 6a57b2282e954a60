"""SQLAlchemy base, naming convention, the engine and the session registry.

PostgreSQL only (docs/adr/0001). The session is bound to the running thread; `atomic()` in
`app.foundation.transaction` is the only place that commits it.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    Uuid,
    any_,
    create_engine,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from app.foundation.ids import new_id
from config.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
CONNECT_SECONDS, POOL_SECONDS = 3, 2
GUARDS = (
    "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
)
"""A stuck statement must not hold a worker longer than the request deadline."""


class Base(DeclarativeBase):
    """Root of every table; knows how our Python types are stored."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        list[str]: JSONB(),
    }


class Model(Base):
    """Base of tables with an id and a moment of creation."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=-1)


session_factory: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
session: scoped_session[Session] = scoped_session(session_factory)


def open_engine(settings: Settings, *, pool: int | None = None) -> Engine:
    """Open the process's engine: bounded pool, bounded waits.

    Raises nothing by itself; the first use raises `sqlalchemy.exc.OperationalError` where nothing answers.
    """
    return create_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool or settings.database_pool,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_recycle=300,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": GUARDS,
            "application_name": "zhangshangban",
        },
    )


def bind(engine: Engine) -> None:
    """Make `engine` the one that `session` and `reading` use."""
    session_factory.configure(bind=engine)


def engine() -> Engine:
    """Return the engine in use."""
    bound: Engine | Connection | None = session_factory.kw.get("bind")
    if isinstance(bound, Connection):
        return bound.engine
    if bound is None:
        raise RuntimeError("no database is bound: call database.bind() first")
    return bound


@contextmanager
def reading() -> Iterator[Connection]:
    """Lend a connection for plain reads: no BEGIN, no COMMIT, no identity map.

    Inside a unit of work it is the session's own: what was written is seen, and nobody needs two connections.

    Measured at less than half the cost of an ORM read (docs/benchmarks.md).
    """
    bound = session_factory.kw.get("bind")
    if isinstance(bound, Connection):  # a test's savepoint: read what the test wrote
        yield bound
        return
    if session.registry.has() and session().in_transaction():
        yield session.connection()
        return
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def one_of_ids(ids: Iterable[UUID]) -> ColumnElement[Any]:
    """Return the right side of `= ANY(…)`: ids as one parameter; their number changes no statement."""
    return any_(literal(list(ids), ARRAY(Uuid)))


def load_all_tables(package: ModuleType) -> MetaData:
    """Import every `models` of the capabilities of a package and return the metadata of all tables."""
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.ispkg:
            load_all_tables(importlib.import_module(found.name))
        elif found.name.endswith(".models"):
            importlib.import_module(found.name)
    return Base.metadata
