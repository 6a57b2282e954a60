-- A rating stays as it was given: nobody improves it afterwards.
CREATE OR REPLACE FUNCTION rating_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a rating is never changed' USING ERRCODE = 'restrict_violation';
END
$$;

DROP TRIGGER IF EXISTS rating_no_change ON rating;
CREATE TRIGGER rating_no_change BEFORE UPDATE OR DELETE ON rating
    FOR EACH ROW EXECUTE FUNCTION rating_refuse_change();
