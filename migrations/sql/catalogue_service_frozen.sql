-- A version of a service that was published never changes its content: cases began with it.
CREATE OR REPLACE FUNCTION catalogue_service_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published version is kept' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (NEW.body, NEW.checksum, NEW.version, NEW.id, NEW.origin)
        IS DISTINCT FROM (OLD.body, OLD.checksum, OLD.version, OLD.id, OLD.origin) THEN
        RAISE EXCEPTION 'a published version does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'draft' AND OLD.status <> 'draft' THEN
        RAISE EXCEPTION 'a published version never becomes a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS catalogue_service_frozen ON catalogue_service;
CREATE TRIGGER catalogue_service_frozen BEFORE UPDATE OR DELETE ON catalogue_service
    FOR EACH ROW EXECUTE FUNCTION catalogue_service_frozen();
