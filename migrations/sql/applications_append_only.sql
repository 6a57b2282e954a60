-- What happened to a case is never changed or removed.
CREATE OR REPLACE FUNCTION application_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'application_event is append-only' USING ERRCODE = 'restrict_violation';
END
$$;

DROP TRIGGER IF EXISTS application_event_no_change ON application_event;
CREATE TRIGGER application_event_no_change BEFORE UPDATE OR DELETE ON application_event
    FOR EACH ROW EXECUTE FUNCTION application_event_refuse_change();

DROP TRIGGER IF EXISTS application_event_no_truncate ON application_event;
CREATE TRIGGER application_event_no_truncate BEFORE TRUNCATE ON application_event
    FOR EACH STATEMENT EXECUTE FUNCTION application_event_refuse_change();
