-- What may become of a material: the same table as app/applications/material_types.py (a test compares them).
DELETE FROM application_material_transition;
INSERT INTO application_material_transition (before, after) VALUES
    ('awaited', 'from_certificate'),
    ('awaited', 'missing'),
    ('awaited', 'promised'),
    ('awaited', 'uploaded'),
    ('deferred', 'lapsed'),
    ('deferred', 'missing'),
    ('deferred', 'promised'),
    ('deferred', 'uploaded'),
    ('from_certificate', 'uploaded'),
    ('have', 'uploaded'),
    ('lapsed', 'uploaded'),
    ('missing', 'deferred'),
    ('missing', 'promised'),
    ('missing', 'have'),
    ('missing', 'from_certificate'),
    ('missing', 'awaited'),
    ('missing', 'optional'),
    ('missing', 'uploaded'),
    ('optional', 'promised'),
    ('optional', 'uploaded'),
    ('promised', 'deferred'),
    ('promised', 'missing'),
    ('promised', 'promise_broken'),
    ('promised', 'promise_kept'),
    ('promised', 'uploaded'),
    ('uploaded', 'deferred'),
    ('uploaded', 'missing'),
    ('uploaded', 'promised');

CREATE OR REPLACE FUNCTION application_check_material() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.case_id <> OLD.case_id OR NEW.position <> OLD.position THEN
        RAISE EXCEPTION 'a material stays where it is' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM application_material_transition t WHERE t.before = OLD.state AND t.after = NEW.state
    ) THEN
        RAISE EXCEPTION 'application_material_transition does not allow this' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS application_material_allowed ON application_material;
CREATE TRIGGER application_material_allowed BEFORE UPDATE ON application_material
    FOR EACH ROW EXECUTE FUNCTION application_check_material();

-- What becomes of a material is written down, whoever changes it: what was, what is, who, when, which files.
CREATE OR REPLACE FUNCTION application_record_material() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.state, NEW.files, NEW.details) IS NOT DISTINCT FROM (OLD.state, OLD.files, OLD.details) THEN
            RETURN NULL;
        END IF;
        standing := OLD.state;
    END IF;
    INSERT INTO application_material_event (id, case_id, position, before, after, actor_kind, actor_id, at, details, files)
    VALUES (gen_random_uuid(), NEW.case_id, NEW.position, standing, NEW.state, NEW.actor_kind, NEW.actor_id, NEW.since,
        NEW.details, NEW.files);
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS application_material_recorded ON application_material;
CREATE TRIGGER application_material_recorded AFTER INSERT OR UPDATE ON application_material
    FOR EACH ROW EXECUTE FUNCTION application_record_material();

-- No approval while something that was accepted without is still waited for (容缺).
CREATE OR REPLACE FUNCTION application_check_waited_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM application_material m WHERE m.case_id = NEW.case_id AND m.state IN ('deferred', 'lapsed')
    ) THEN
        RAISE EXCEPTION 'the decision waits for a material' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS application_event_not_waited_for ON application_event;
CREATE TRIGGER application_event_not_waited_for BEFORE INSERT ON application_event
    FOR EACH ROW WHEN (NEW.kind = 'approved') EXECUTE FUNCTION application_check_waited_for();

-- What happened to a material stays as it was told; the function is that of application_event.
DROP TRIGGER IF EXISTS application_material_event_kept ON application_material_event;
CREATE TRIGGER application_material_event_kept BEFORE UPDATE OR DELETE ON application_material_event
    FOR EACH ROW EXECUTE FUNCTION application_event_refuse_change();
