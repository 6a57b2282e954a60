"""`/livez`, `/readyz`, `/metrics`: for the platform, not for people."""

import json
import os
from dataclasses import asdict

from flask import Response, current_app, jsonify
from flask_smorest import current_api
from marshmallow import fields
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from app.foundation import readiness
from app.operations.gauges import DatabaseGauges
from blueprints.support.access import Audience, allow
from blueprints.support.blueprint import Blueprint
from blueprints.support.etags import json_reply
from blueprints.support.schemas import Schema

blp = Blueprint("health", __name__, description="存活、就绪与指标")


class LivenessOut(Schema):
    """The process answers."""

    status = fields.String(required=True)


class ReadinessOut(Schema):
    """Whether this process can serve, and what is missing."""

    ready = fields.Boolean(required=True)
    database = fields.Boolean(required=True)
    schema_known = fields.Boolean(required=True)
    disk = fields.Boolean(required=True)
    degraded = fields.Boolean(required=True, metadata={"description": "Redis is silent: slower, still right"})


@blp.route("/livez")
@allow(Audience.PUBLIC)
@blp.response(200, LivenessOut)
def live() -> object:
    """Say that the process answers (存活)."""
    return {"status": "alive"}


@blp.route("/readyz")
@allow(Audience.PUBLIC)
@blp.response(200, ReadinessOut)
@blp.alt_response(503, schema=ReadinessOut)
def ready() -> Response:
    """Say whether requests may be sent here (就绪)."""
    state = readiness.look()
    response = jsonify(ready=state.ready, **asdict(state))
    response.status_code = 200 if state.ready else 503
    return response


@blp.route("/metrics")
@allow(Audience.INTERNAL)
@blp.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Prometheus metrics of every worker process (指标); internal networks only."""
    gauges = CollectorRegistry()
    gauges.register(DatabaseGauges())
    return Response(generate_latest(_registry()) + generate_latest(gauges), content_type=CONTENT_TYPE_LATEST)


@blp.route("/openapi.json")
@allow(Audience.PUBLIC)
@blp.response(200, {"type": "object"})
def openapi() -> Response:
    """Give the contract of this interface as OpenAPI 3.1 (接口定义)."""
    kept: dict[str, bytes] = current_app.extensions.setdefault("openapi", {})
    if "bytes" not in kept:
        kept["bytes"] = json.dumps(current_api.spec.to_dict(), ensure_ascii=False).encode()
    return json_reply(kept["bytes"])


def _registry() -> CollectorRegistry:
    """Return this process's registry, or one that adds up the files of all of them."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
