"""The worker: `dramatiq app.worker` imports this module, which opens everything and answers the bells."""

from app import wiring
from app.foundation import logging
from config.settings import Settings

CONNECTIONS = 12
"""One for each of dramatiq's eight threads, and some for what they start."""

_settings = Settings.model_validate({})  # reads the environment
logging.configure(_settings)
wiring.open_process(_settings, pool=CONNECTIONS)
wiring.answer_bells(_settings)
logging.announce("worker.ready")
