"""Commands for operators and the launcher: `python -m app.commands <command>`."""

import argparse
import base64
import sys
from collections.abc import Callable, Sequence

from alembic import command
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text

from app import wiring
from app.audit.types import Actor, ActorKind
from app.catalogue import loading as services
from app.eligibility import daily_runs
from app.eligibility import loading as policies
from app.eligibility.errors import NoSnapshotFolder
from app.eligibility.types import DailyState
from app.foundation import clock, crypto, database, logging, migrating, schema
from app.foundation.errors import NotFound
from app.foundation.transaction import atomic
from app.identity import officers, persons
from app.identity.types import OfficerRecord
from config.settings import Settings

MIGRATION_LOCK = 7_317_002
_ROSTER = TypeAdapter(list[OfficerRecord])


def migrate(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database to the newest schema; two at once wait for one another."""
    engine = database.open_engine(settings)
    config = migrating.configuration()
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SET lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        _say(f"schema {schema.database_head(connection)}")
        connection.invalidate()  # ends the session, and with it the lock
    engine.dispose()
    return 0


def load_catalogue(settings: Settings, _: argparse.Namespace) -> int:
    """Publish what config/ holds and the database does not have yet."""
    wiring.open_process(settings)
    with atomic():
        report = services.load()
        loaded = policies.load_policies()
    _say(f"services {len(report.published)}, policies {loaded}")
    wiring.close_process()
    return 0


def person_key(settings: Settings, _: argparse.Namespace) -> int:
    """Print the key under which a data platform indexes people, for its keeper and nobody else."""
    key = crypto.FieldCipher.from_settings(settings).column_key(persons.INDEX)
    _say(base64.b64encode(key).decode())
    return 0


def prepare(settings: Settings, arguments: argparse.Namespace) -> int:
    """Migrate, load the catalogue and enter the roster on standard input, in one process."""
    for step in (migrate, load_catalogue, import_officers):
        if code := step(settings, arguments):
            return code
    return 0


def import_officers(settings: Settings, _: argparse.Namespace) -> int:
    """Enter the roster of officers, a JSON list on standard input."""
    try:
        records = _ROSTER.validate_json(sys.stdin.buffer.read(), strict=False)
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        _say(f"名册有误，未导入：{', '.join(places)}")
        return 1
    wiring.open_process(settings)
    with atomic():
        changed = officers.import_officers(records)
    _say(f"officers {changed} changed")
    wiring.close_process()
    return 0


def disable_officer(settings: Settings, arguments: argparse.Namespace) -> int:
    """Shut an officer out at once, live sessions included; a roster that names them lets them in again."""
    wiring.open_process(settings)
    actor = Actor(ActorKind.SYSTEM, "command.disable-officer")
    try:
        with atomic():
            officers.disable(officers.by_name(arguments.username), by=actor)
    except NotFound:
        _say("没有这个用户名的工作人员，请检查名册中的 username")
        return 1
    finally:
        wiring.close_process()
    _say("officer disabled")
    return 0


def run_day(settings: Settings, _: argparse.Namespace) -> int:
    """Match everybody now, whatever the hour (每日匹配), again where today has ended; waits for the end."""
    wiring.open_process(settings)
    try:
        with atomic():
            daily_runs.open_now()
        wiring.daily.start()
        code = wiring.daily.wait()
        today = [run for run in daily_runs.latest() if run.as_of == clock.today()]
    except NoSnapshotFolder as error:
        _say(error.message)
        return 1
    finally:
        wiring.close_process()
    for run in today:
        _say(" ".join(filter(None, (run.as_of.isoformat(), run.scope, run.state, run.error))))
    return code or int(any(run.state != DailyState.FINISHED for run in today))


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    described = argparse.ArgumentParser(prog="python -m app.commands", description=__doc__)
    commands = described.add_subparsers(required=True, metavar="command")
    simple: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
        "migrate": migrate,
        "load-catalogue": load_catalogue,
        "import-officers": import_officers,
        "prepare": prepare,
        "person-key": person_key,
        "run-day": run_day,
    }
    for name, work in simple.items():
        commands.add_parser(name, help=work.__doc__).set_defaults(work=work)
    shut_out = commands.add_parser("disable-officer", help=disable_officer.__doc__)
    shut_out.set_defaults(work=disable_officer)
    shut_out.add_argument("username")
    return described


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    chosen = parser().parse_args(arguments)
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    work: Callable[[Settings, argparse.Namespace], int] = chosen.work
    return work(settings, chosen)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
