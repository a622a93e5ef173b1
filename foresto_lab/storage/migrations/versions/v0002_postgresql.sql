-- Makes the partitions of the months from first_day to last_day that are missing, and
-- returns how many it made. A month is made beside its table and then attached, so
-- that nobody who reads or writes the table waits. Two callers queue for one lock.
CREATE FUNCTION create_monthly_partitions(
    table_name text, first_day date, last_day date
) RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET client_min_messages = warning
SET search_path FROM CURRENT
AS $function$
DECLARE
    key_column text;
    key_type text;
    month date := date_trunc('month', first_day)::date;
    following date;
    child text;
    made integer := 0;
BEGIN
    IF table_name NOT IN (
        'daily_price', 'daily_return', 'candles_history', 'simulation_path',
        'backtest_equity'
    ) THEN
        RAISE EXCEPTION '% is not a table with monthly partitions', table_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF first_day IS NULL OR last_day IS NULL OR last_day < first_day
        OR NOT isfinite(first_day) OR NOT isfinite(last_day)
        OR first_day < DATE '1000-01-01' OR last_day > DATE '9998-12-31'
    THEN
        RAISE EXCEPTION 'no months from % to %', first_day, last_day
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT attname, format_type(atttypid, NULL) INTO key_column, key_type
    FROM pg_partitioned_table
    JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
    WHERE partrelid = table_name::regclass;
    IF key_column IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM pg_advisory_xact_lock(1718579813, hashtext(table_name));
    WHILE month <= last_day LOOP
        following := (month + interval '1 month')::date;
        child := table_name || '_y' || to_char(month, 'YYYY"m"MM');
        IF to_regclass(quote_ident(child)) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                'INCLUDING STORAGE)', child, table_name
            );
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                table_name, child,
                CASE key_type WHEN 'date' THEN month::text
                    ELSE month::text || ' 00:00:00+00' END,
                CASE key_type WHEN 'date' THEN following::text
                    ELSE following::text || ' 00:00:00+00' END
            );
            made := made + 1;
        END IF;
        month := following;
    END LOOP;
    RETURN made;
END
$function$
-- end of statement
CREATE FUNCTION check_portfolio_weight_sum() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
    PERFORM 1 FROM portfolio_model
    WHERE portfolio_id = NEW.portfolio_id FOR UPDATE;
    IF (
        SELECT sum(weight) FROM portfolio_allocation
        WHERE portfolio_id = NEW.portfolio_id
    ) > 1.000000001 THEN
        RAISE EXCEPTION 'Portfolio weight sum exceeds 1.0'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$function$
-- end of statement
CREATE CONSTRAINT TRIGGER portfolio_weight_sum
AFTER INSERT OR UPDATE ON portfolio_allocation
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_portfolio_weight_sum()
-- end of statement
CREATE FUNCTION delete_series_of_runs() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
    DELETE FROM simulation_path USING deleted_runs
    WHERE simulation_path.run_id = deleted_runs.run_id;
    DELETE FROM backtest_equity USING deleted_runs
    WHERE backtest_equity.run_id = deleted_runs.run_id;
    RETURN NULL;
END
$function$
-- end of statement
CREATE TRIGGER run_series_cascade
AFTER DELETE ON simulation_run
REFERENCING OLD TABLE AS deleted_runs
FOR EACH STATEMENT EXECUTE FUNCTION delete_series_of_runs()
-- end of statement
CREATE TABLE simulation_path_kept PARTITION OF simulation_path
FOR VALUES FROM ('9999-01-01') TO (MAXVALUE)
-- end of statement
CREATE TABLE backtest_equity_kept PARTITION OF backtest_equity
FOR VALUES FROM ('9999-01-01') TO (MAXVALUE)
-- end of statement
CREATE VIEW simulation_path_weight AS
SELECT path.run_id, path.session, named.asset, path.weights[named.place] AS weight
FROM simulation_path AS path
JOIN run_artifact AS artifact
    ON artifact.run_id = path.run_id
    AND artifact.name = 'path' AND artifact.stored_as = 'rows'
CROSS JOIN LATERAL json_array_elements_text(artifact.layout -> 'weights')
    WITH ORDINALITY AS named (asset, place)
