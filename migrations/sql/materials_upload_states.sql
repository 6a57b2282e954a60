-- What may become of an upload: the same table as TRANSITIONS in app/materials/types.py (a test tries every pair).
CREATE OR REPLACE FUNCTION materials_check_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'receiving' THEN
            RAISE EXCEPTION 'an upload begins by being received' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('receiving', 'pending_scan'),
        ('receiving', 'refused'),
        ('receiving', 'expired'),
        ('receiving', 'erased'),
        ('pending_scan', 'clean'),
        ('pending_scan', 'infected'),
        ('pending_scan', 'erased'),
        ('clean', 'erased')
    ) THEN
        RAISE EXCEPTION 'an upload does not change its state in this way' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.owner_id <> OLD.owner_id OR NEW.sha256 <> OLD.sha256 OR NEW.size <> OLD.size THEN
        RAISE EXCEPTION 'what was announced of an upload stays' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS materials_upload_state ON materials_upload;
CREATE TRIGGER materials_upload_state BEFORE INSERT OR UPDATE ON materials_upload
    FOR EACH ROW EXECUTE FUNCTION materials_check_upload();
