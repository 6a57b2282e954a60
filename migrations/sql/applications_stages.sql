-- A stage waits, is open, has ended; nothing that has ended begins again.
CREATE OR REPLACE FUNCTION application_check_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = NEW.state
        OR (OLD.state = 'waiting' AND NEW.state IN ('open', 'cancelled'))
        OR (OLD.state = 'open' AND NEW.state IN ('passed', 'refused', 'cancelled'))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a stage does not go back, nor past being open' USING ERRCODE = 'check_violation';
END
$$;

DROP TRIGGER IF EXISTS application_stage_moves_on ON application_stage;
CREATE TRIGGER application_stage_moves_on BEFORE UPDATE OF state ON application_stage
    FOR EACH ROW EXECUTE FUNCTION application_check_stage();

-- Nothing is approved while a stage that leads to the decision has not ended.
CREATE OR REPLACE FUNCTION application_check_stages_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM application_stage s
        WHERE s.case_id = NEW.case_id AND s.awaited AND s.state IN ('waiting', 'open')
    ) THEN
        RAISE EXCEPTION 'stages of this case have not ended' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS application_event_stages_ended ON application_event;
CREATE TRIGGER application_event_stages_ended BEFORE INSERT ON application_event
    FOR EACH ROW WHEN (NEW.kind = 'approved') EXECUTE FUNCTION application_check_stages_ended();
