"""The rows that loading compares with config/ (`loading`), for whoever asks whether they changed."""

ROWS = (
    "SELECT id, version, status, origin, checksum FROM catalogue_service",
    "SELECT id, audience, name, position, services FROM catalogue_theme",
)
