"""Composition root of the web process; the one module of `app` that looks up to `blueprints`."""

import gc

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
    """Build the application from the environment, for `--interface wsgi --factory` of `app.web`."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    app = create_app(settings)
    spare_the_collector()
    return app


def spare_the_collector() -> None:
    """Leave what was built until now out of every later search for cycles (docs/benchmarks.md)."""
    gc.collect()
    gc.freeze()
