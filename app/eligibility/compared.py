"""The rows that loading compares with config/ (`loading`), for whoever asks whether they changed."""

ROWS = ("SELECT policy_id, version, state, checksum, author_id FROM eligibility_policy_version",)
