"""Composition root of the web process; the one module of `app` that looks up to `blueprints`."""

from flask import Flask

from app import wiring
from app.foundation import logging
from blueprints import application  # the one upward import: this module composes
from config.settings import Settings


def create_app(settings: Settings) -> Flask:
    """Build one configured application; opens the process's database, Redis, cipher, calendar and broker."""
    wiring.open_process(settings)
    return application(settings)


def create_wsgi_app() -> Flask:
    """Build the application from the environment, for `granian --interface wsgi --factory`."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    return create_app(settings)
