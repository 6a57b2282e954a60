"""A data platform that delivers whom a test wants, and the officers who see what comes of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from app.eligibility import loading
from app.eligibility.outreach import taking
from app.eligibility.outreach.taking import Folders
from app.foundation import crypto, database
from app.foundation.transaction import atomic
from app.gateways.registries import port
from app.identity import persons, queries
from app.identity.models import Account
from app.identity.types import Assurance, Role
from app.residents import fact_catalogue, snapshots
from app.residents.columnar import Row
from app.residents.types import SubjectKind

DAY, NEXT = date(2026, 6, 14), date(2026, 6, 15)
PERSON = SubjectKind.PERSON
HERE = "500103"
ELDER = {"birth_date": date(1940, 3, 7), "hukou_region": HERE, "residence_region": HERE}
NOBODY = {"birth_date": date(1990, 3, 7), "hukou_region": HERE, "residence_region": HERE}


def elder(community="500103002003", **more):
    return {**ELDER, "residence_community": community, **more}


def index_of(number):
    return crypto.cipher().index(number, column=persons.INDEX)[: persons.INDEX_BYTES]


@dataclass
class Platform:
    """Delivers `{number: facts}` for a day, in the layout of docs/deliveries.md."""

    folders: Folders

    def deliver(self, people, day=DAY):
        folder = snapshots.folder_of(self.folders.deliveries, PERSON, day)
        placed = defaultdict(list)
        for number, facts in people.items():
            region = fact_catalogue.region_of(facts)
            placed[region or "none"].append(Row(UUID(bytes=index_of(number)), region, day, facts))
        parts = [
            snapshots.write_part(folder, f"region={place}", 0, rows, PERSON)
            for place, rows in sorted(placed.items())
        ]
        return snapshots.finish(folder, PERSON, day, parts)

    def take(self):
        """Take what lies there; returns the states and errors of the deliveries, oldest first."""
        taking.take_newest(self.folders)
        return rows("SELECT state, error_code FROM eligibility_delivery ORDER BY id")


def rows(statement):
    with atomic():
        found = database.session.connection().exec_driver_sql(statement).all()
    return [tuple(row) for row in found]


@pytest.fixture
def published(session):
    with atomic():
        loading.load_policies()


@pytest.fixture
def platform(published, clock, tmp_path):
    (tmp_path / "delivered").mkdir()
    (tmp_path / "results").mkdir()
    return Platform(Folders(Path(tmp_path / "delivered"), Path(tmp_path / "results")))


@pytest.fixture
def grid_worker(sign_in):
    """`grid_worker()`: a grid worker of a region, just logged in."""

    def make(region_code=HERE):
        return sign_in.officer(Role.GRID_WORKER, region_code=region_code).client

    return make


@pytest.fixture
def operator(sign_in):
    """`operator()`: an operator of a region, just logged in."""

    def make(region_code="000000"):
        return sign_in.officer(Role.OPERATOR, region_code=region_code).client

    return make


@pytest.fixture
def verified(sign_in):
    """`verified(number)`: somebody signed in whose real name and number are known."""

    def make(number):
        person = sign_in.resident(Assurance.WECHAT)
        with atomic():
            row, cipher = database.session.get(Account, person.id), crypto.cipher()
            row.name = cipher.encrypt("陈渝珍", place=queries.place("name", person.id))
            row.id_number = cipher.encrypt(number, place=queries.place("id_number", person.id))
            row.id_number_index = cipher.index(number, column=persons.INDEX)
            row.assurance = Assurance.REAL_NAME
        return person

    return make


@pytest.fixture
def asked(registries):
    """What the registries were asked about whereabouts: purpose and outcome."""

    def look():
        entries = registries.get("journal?department=public_security")["items"]
        return [(one["purpose"], one["outcome"]) for one in entries if one["kind"] == "whereabouts"]

    return look


def listed(client, **query):
    reply = client.get("/api/v1/staff/visits", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def close(client, visit, result, version=None):
    headers = {"If-Match": f'"{visit["version"] if version is None else version}"'}
    path = f"/api/v1/staff/visits/{visit['id']}/result"
    return client.post(path, json={"result": result}, headers=headers)


def gateway():
    return port.registries()
