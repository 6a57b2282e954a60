-- A version that was published never changes its content again; it can only be replaced or ended.
CREATE OR REPLACE FUNCTION eligibility_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- what the end of a version may still say about it
    mortal CONSTANT text[] := ARRAY['state', 'ending_id'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'a published policy version is kept' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'draft' THEN
        RETURN NEW;
    END IF;
    IF (to_jsonb(OLD) - mortal) IS DISTINCT FROM (to_jsonb(NEW) - mortal)
       OR (OLD.state <> 'published' AND to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW))
       OR NEW.state = 'draft' THEN
        RAISE EXCEPTION 'a published policy version never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS eligibility_version_frozen ON eligibility_policy_version;
CREATE TRIGGER eligibility_version_frozen BEFORE UPDATE OR DELETE ON eligibility_policy_version
    FOR EACH ROW EXECUTE FUNCTION eligibility_version_frozen();
