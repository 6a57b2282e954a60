"""Composition root of the web process; the one module of `app` that looks up to `blueprints`."""

import gc

from flask import Flask

from app import wiring
from app.foundation import logging
from blueprints import application  # the one upward import: this module composes
from config.settings import Settings

COLLECT_AFTER = (20_000, 20, 20)


def create_app(settings: Settings) -> Flask:
    """Build one configured application; opens the process's database, Redis, cipher, calendar and broker."""
    wiring.open_process(settings)
    return application(settings)


def create_wsgi_app() -> Flask:
    """Build the application from the environment, for `granian --interface wsgi --factory`."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    app = create_app(settings)
    spare_the_collector()
    return app


def spare_the_collector() -> None:
    """Leave what was built at the start out of every later search for cycles, and search less often.

    Such searches were seen to take two fifths of a busy worker's time (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
