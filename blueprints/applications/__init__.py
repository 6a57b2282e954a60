"""办件 over HTTP: an applicant's own cases, and the officers' queue."""
