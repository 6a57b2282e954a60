"""Routes that do one thing each, on the edge that every route of the product shares."""

from flask import jsonify
from marshmallow import fields
from sqlalchemy import text

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import database, deadlines
from app.foundation.errors import RuleViolation
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.support import etags, pagination
from blueprints.support.access import Audience, allow, current_officer, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import PageQuery
from blueprints.support.preconditions import if_match
from blueprints.support.schemas import Flag, Moment, Money, Schema, Whole

blp = Blueprint("probe", __name__)


class NoteIn(Schema):
    text = fields.String(required=True)
    at = Moment()
    amount = Money()
    flag = Flag()
    count = Whole()


class NoteOut(NoteIn):
    number = fields.Integer()


@blp.route("/echo", methods=["POST"])
@allow(Audience.PUBLIC)
@blp.arguments(NoteIn)
@blp.response(200, NoteOut)
def echo(body):
    return body


@blp.route("/once", methods=["POST"])
@allow(Audience.RESIDENT)
@idempotent(required=True)
@blp.arguments(NoteIn)
@blp.response(201, NoteOut)
def once(body):
    actor = Actor(ActorKind.RESIDENT, str(current_resident().resident_id))
    with atomic():
        trail.record("probe.written", actor=actor, subject=("probe", body["text"]))
        if body["text"] == "refuse":
            raise RuleViolation
        if body["text"] == "slow":
            database.session.execute(text("SELECT pg_sleep(0.3)"))
    return {**body, "number": len(body["text"])}


@blp.route("/edit", methods=["PUT"])
@allow(Audience.RESIDENT, step_up=True)
@if_match
@blp.response(200)
def edit(version):
    return {"version": version}


@blp.route("/page")
@allow(Audience.PUBLIC)
@blp.arguments(PageQuery, location="query")
@blp.response(200)
def page(query):
    after = pagination.decode(query["cursor"], int)
    start = after[0] + 1 if after else 0
    rows = list(range(start, min(start + query["page_size"] + 1, 45)))
    return pagination.page(rows, query["page_size"], lambda row: [row])


@blp.route("/staff")
@allow(Audience.OFFICER, roles=[Role.AUDITOR])
@blp.response(200)
def staff():
    return {"officer": str(current_officer().officer_id)}


@blp.route("/operator")
@allow(Audience.OPERATOR)
@blp.response(200)
def operator():
    return {}


@blp.route("/versioned")
@allow(Audience.PUBLIC)
@blp.response(200)
def versioned():
    return etags.unchanged(7) or etags.json_reply(b'{"v":7}', version=7)


@blp.route("/defect")
@allow(Audience.PUBLIC)
def defect():
    raise KeyError("13900007429")


@blp.route("/unmarked")
def unmarked():
    return jsonify({})


@blp.route("/uncommitted", methods=["POST"])
@allow(Audience.PUBLIC)
@blp.response(200)
def uncommitted():
    trail.record("probe.written", actor=Actor(ActorKind.SYSTEM, "probe"), subject=("probe", 1))
    database.session.flush()
    return {}


@blp.route("/sql/<fault>", methods=["POST"])
@allow(Audience.PUBLIC)
@blp.response(200)
def sql(fault):
    faults = {
        "range": "SELECT 99999999999::int",
        "slow": "SET LOCAL statement_timeout = 20; SELECT pg_sleep(1)",
    }
    if fault == "late":
        deadlines.start(-1.0)
    with atomic():
        database.session.connection().exec_driver_sql(faults.get(fault, "SELECT 1"))
    return {}
