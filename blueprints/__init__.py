"""HTTP: one package per capability, routes and marshmallow schemas, nothing else."""

from flask import Flask

from blueprints.catalogue.routes import blp as catalogue
from blueprints.health.routes import blp as health
from blueprints.identity.routes import blp as auth
from blueprints.identity.staff_routes import staff_blp as staff_auth
from blueprints.support.blueprint import Blueprint
from blueprints.support.errors import ProblemApi
from blueprints.support.lifecycle import prepare
from config.settings import Settings

BLUEPRINTS: tuple[Blueprint, ...] = (health, catalogue, auth, staff_auth)
"""Append one line per blueprint; each names its own prefix under /api/v1."""


def register(app: Flask, settings: Settings) -> None:
    """Give `app` its rules (errors, access, headers, JSON) and every blueprint."""
    prepare(app, settings)
    api = ProblemApi(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
