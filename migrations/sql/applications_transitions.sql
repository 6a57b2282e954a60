-- What may happen in which status: the same table as app/applications/transitions.py (a test compares them).
DELETE FROM application_transition;
INSERT INTO application_transition (before, kind, after) VALUES
    ('draft', 'submitted', 'submitted'),
    ('submitted', 'accepted', 'accepted'),
    ('submitted', 'deemed_accepted', 'accepted'),
    ('submitted', 'supplement_requested', 'supplement'),
    ('submitted', 'acceptance_refused', 'refused'),
    ('accepted', 'supplement_requested', 'supplement'),
    ('accepted', 'paused', 'paused'),
    ('accepted', 'extended', 'accepted'),
    ('accepted', 'approved', 'approved'),
    ('accepted', 'rejected', 'rejected'),
    ('paused', 'resumed', 'accepted'),
    ('accepted', 'stage_ended', 'accepted'),
    ('supplement', 'stage_ended', 'supplement'),
    ('paused', 'stage_ended', 'paused'),
    ('approved', 'stage_ended', 'approved'),
    ('supplement', 'acceptance_refused', 'refused'),
    ('supplement', 'rejected', 'rejected'),
    ('supplement', 'supplement_answered', 'submitted'),
    ('supplement', 'supplement_answered', 'accepted'),
    ('approved', 'revoked', 'revoked'),
    ('draft', 'withdrawn', 'withdrawn'),
    ('submitted', 'withdrawn', 'withdrawn'),
    ('supplement', 'withdrawn', 'withdrawn'),
    ('accepted', 'withdrawn', 'withdrawn'),
    ('paused', 'withdrawn', 'withdrawn');

-- An event follows on the one before it, by the table.
CREATE OR REPLACE FUNCTION application_check_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text;
BEGIN
    IF NEW.seq = 1 THEN
        IF NEW.kind <> 'drafted' OR NEW.status_after <> 'draft' THEN
            RAISE EXCEPTION 'a case begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT status_after INTO standing FROM application_event WHERE case_id = NEW.case_id AND seq = NEW.seq - 1;
    IF NOT EXISTS (
        SELECT 1 FROM application_transition t
        WHERE t.before = standing AND t.kind = NEW.kind AND t.after = NEW.status_after
    ) THEN
        RAISE EXCEPTION 'application_transition does not allow this event' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS application_event_allowed ON application_event;
CREATE TRIGGER application_event_allowed BEFORE INSERT ON application_event
    FOR EACH ROW EXECUTE FUNCTION application_check_event();

-- The cached status of a case is that of its last event, and nothing else.
CREATE OR REPLACE FUNCTION application_check_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    SELECT status_after INTO told FROM application_event WHERE case_id = NEW.id ORDER BY seq DESC LIMIT 1;
    IF NEW.status <> coalesce(told, 'draft') THEN
        RAISE EXCEPTION 'the status of a case follows from its events' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS application_case_status_told ON application_case;
CREATE TRIGGER application_case_status_told BEFORE INSERT OR UPDATE OF status ON application_case
    FOR EACH ROW EXECUTE FUNCTION application_check_status();
