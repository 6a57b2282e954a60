"""The rows that importing a roster compares with it (`officers`), for whoever asks whether they changed."""

ROWS = (
    """
    SELECT username, name, password_hash, totp_secret, roles, department, region_code, disabled_at
    FROM identity_officer
    """,
)
