-- A version that was published never changes its content again; it can only be replaced or ended.
CREATE OR REPLACE FUNCTION eligibility_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF (OLD.policy_id, OLD.version, OLD.audience, OLD.region_code, OLD.valid_from, OLD.valid_to, OLD.body,
        OLD.checksum, OLD.author_id, OLD.editor_ids, OLD.approver_id, OLD.published_at)
       IS DISTINCT FROM
       (NEW.policy_id, NEW.version, NEW.audience, NEW.region_code, NEW.valid_from, NEW.valid_to, NEW.body,
        NEW.checksum, NEW.author_id, NEW.editor_ids, NEW.approver_id, NEW.published_at)
       OR (OLD.state <> 'published' AND NEW.state <> OLD.state)
       OR NEW.state = 'draft' THEN
        RAISE EXCEPTION 'a published policy version never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS eligibility_version_frozen ON eligibility_policy_version;
CREATE TRIGGER eligibility_version_frozen BEFORE UPDATE OR DELETE ON eligibility_policy_version
    FOR EACH ROW EXECUTE FUNCTION eligibility_version_frozen();
