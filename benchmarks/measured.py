"""The product with one route more: a constant for whoever holds a resident's session."""

from flask import Flask, Response

from app import factory
from benchmarks.bare import CONSTANT
from blueprints.support.access import Audience, allow
from blueprints.support.blueprint import Blueprint

blp = Blueprint("benchmark", __name__, url_prefix="/api/v1/benchmark")


@blp.get("/constant")
@allow(Audience.RESIDENT)
@blp.response(200)
def constant() -> Response:
    """Answer a constant, behind everything that every request of a resident goes through."""
    return Response(CONSTANT, mimetype="application/json")


def create_wsgi_app() -> Flask:
    """Build the product from the environment and add the route."""
    app = factory.create_wsgi_app()
    app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blp)
    return app
