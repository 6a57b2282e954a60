"""What routes share: access, errors, strict JSON, idempotency, pages, preconditions, ETags, headers."""
