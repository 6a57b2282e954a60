"""Run by Alembic with a connection of ours (app.foundation.migrating.configuration); there is no ini file."""

from alembic import context

import app
from app.foundation import database

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=database.load_all_tables(app),
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
