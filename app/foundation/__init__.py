"""What every capability stands on: database, transaction, clock, ids, errors, crypto, cache, queue, days.

Knows no capability. Connections are opened once per process by `app.factory` and friends from
`config.settings.Settings`; nothing here reads the environment.
"""
