"""好差评 over HTTP: rating one's own case, and answering 差评."""
