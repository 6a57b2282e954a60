"""Settings, and the data that changes with a circular; imports nothing of ours."""
