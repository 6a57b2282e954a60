-- Takes the lock of a key, then reads the answer that was stored under it: two steps, one statement to send.
-- VOLATILE is what makes it right: each statement inside sees what was committed before that statement, so an
-- answer stored just before the lock became free is found. One plain statement would read as of its own beginning.
CREATE OR REPLACE FUNCTION http_idempotency_earlier(
    lock_key bigint, asker text, asked_key text,
    OUT free boolean, OUT id uuid, OUT body_hash bytea, OUT status integer, OUT sealed bytea
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    free := pg_try_advisory_xact_lock(lock_key);
    IF free THEN
        SELECT kept.id, kept.body_hash, kept.status, kept.sealed INTO id, body_hash, status, sealed
        FROM http_idempotency AS kept WHERE kept.principal = asker AND kept.key = asked_key;
    END IF;
END
$$;
