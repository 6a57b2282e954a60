"""How Alembic finds our migrations; apart from `schema`, so that nobody who only asks imports Alembic."""

from alembic.config import Config

from app.foundation.schema import MIGRATIONS


def configuration() -> Config:
    """Return Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
