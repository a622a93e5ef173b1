-- The functions below look for names where the tables are, and in temporary tables last:
-- what a caller has named like a table or a month must not be taken for it.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- end of statement
-- Prices are short texts and numbers: no row is ever stored out of line.
ALTER TABLE daily_price ALTER COLUMN symbol SET STORAGE PLAIN
-- end of statement
ALTER TABLE daily_return ALTER COLUMN symbol SET STORAGE PLAIN
-- end of statement
ALTER TABLE candles_history ALTER COLUMN symbol SET STORAGE PLAIN,
    ALTER COLUMN timeframe SET STORAGE PLAIN
-- end of statement
-- Begins the partition of a day's month: makes an empty table beside its table and
-- returns its name; NULL when the month is there already. Nobody sees it until it is
-- attached, so a load may fill it first. Two callers queue for one lock.
CREATE FUNCTION begin_monthly_partition(table_name text, day date) RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET client_min_messages = warning
SET search_path FROM CURRENT
AS $function$
DECLARE
    child text := table_name || '_y' || to_char(day, 'YYYY"m"MM');
BEGIN
    IF table_name NOT IN (
        'daily_price', 'daily_return', 'candles_history', 'simulation_path',
        'backtest_equity'
    ) THEN
        RAISE EXCEPTION '% is not a table with monthly partitions', table_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF day IS NULL OR NOT isfinite(day)
        OR day < DATE '1000-01-01' OR day > DATE '9998-12-31'
    THEN
        RAISE EXCEPTION 'no month of %', day
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(1718579813, hashtext(table_name));
    IF to_regclass(format('%I.%I', current_schema(), child)) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
        'INCLUDING STORAGE)', child, table_name
    );
    RETURN child;
END
$function$
-- end of statement
-- Attaches the partition that was begun for a day's month. Its indexes are built now,
-- which is quicker than to keep them while rows come in. Readers do not wait.
CREATE FUNCTION attach_monthly_partition(table_name text, day date) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET client_min_messages = warning
SET search_path FROM CURRENT
AS $function$
DECLARE
    month date := date_trunc('month', day)::date;
    key_type text := (
        SELECT format_type(atttypid, NULL) FROM pg_partitioned_table
        JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
        WHERE partrelid = table_name::regclass
    );
    midnight text := CASE key_type WHEN 'date' THEN '' ELSE ' 00:00:00+00' END;
BEGIN
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        table_name, table_name || '_y' || to_char(month, 'YYYY"m"MM'),
        month || midnight, (month + interval '1 month')::date || midnight
    );
END
$function$
-- end of statement
-- Makes the partitions of the months from first_day to last_day that are missing, and
-- returns how many it made; none where the table is not partitioned.
CREATE FUNCTION create_monthly_partitions(
    table_name text, first_day date, last_day date
) RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET client_min_messages = warning
SET search_path FROM CURRENT
AS $function$
DECLARE
    month date := date_trunc('month', first_day)::date;
    made integer := 0;
BEGIN
    IF first_day IS NULL OR last_day IS NULL OR last_day < first_day
        OR NOT isfinite(first_day) OR NOT isfinite(last_day)
        OR first_day < DATE '1000-01-01' OR last_day > DATE '9998-12-31'
    THEN
        RAISE EXCEPTION 'no months from % to %', first_day, last_day
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF table_name = 'candles_history' AND NOT EXISTS (
        SELECT FROM pg_partitioned_table WHERE partrelid = table_name::regclass
    ) THEN
        RETURN 0; -- a hypertable of TimescaleDB
    END IF;
    WHILE month <= last_day LOOP
        IF begin_monthly_partition(table_name, month) IS NOT NULL THEN
            PERFORM attach_monthly_partition(table_name, month);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$function$
-- end of statement
-- Gives the prices of a few symbols. To plan a query over all months takes longer than
-- to run it, so a session plans this one once; months outside the symbols' history are
-- left out when it runs.
CREATE FUNCTION daily_price_of(symbols text[], first_day date, last_day date)
RETURNS SETOF daily_price
LANGUAGE plpgsql
STABLE
ROWS 5000
SET plan_cache_mode = force_generic_plan
SET search_path FROM CURRENT
AS $function$
DECLARE
    since date;
    until date;
BEGIN
    SELECT min(first_date), max(last_date) INTO since, until
    FROM series_coverage
    WHERE table_name = 'daily_price' AND symbol = ANY (symbols);
    IF since IS NOT NULL THEN
        RETURN QUERY SELECT * FROM daily_price
        WHERE symbol = ANY (symbols)
            AND date BETWEEN greatest(first_day, since) AND least(last_day, until);
    END IF;
END
$function$
-- end of statement
CREATE FUNCTION check_portfolio_weight_sum() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(1718579812, NEW.portfolio_id);
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
-- Deletes what deleted runs computed: of each run in the one month it lies in, by the
-- index; a join over all of them would read every month.
CREATE FUNCTION delete_series_of_runs() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
    deleted_run record;
BEGIN
    FOR deleted_run IN
        SELECT run_id, coalesce(
            (path_expires_at AT TIME ZONE 'UTC')::date, DATE '9999-01-01'
        ) AS expires_on
        FROM deleted_runs
    LOOP
        DELETE FROM simulation_path
        WHERE run_id = deleted_run.run_id AND expires_on = deleted_run.expires_on;
        DELETE FROM backtest_equity
        WHERE run_id = deleted_run.run_id AND expires_on = deleted_run.expires_on;
    END LOOP;
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
