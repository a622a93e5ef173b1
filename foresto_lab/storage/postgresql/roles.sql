-- The three roles of a team's database, with the least that each needs:
--
-- owner    {owner}
--          owns the tables: migrates, cleans up, drops partitions
-- writer   {writer}
--          loads prices, registers runs, changes definitions; creates nothing but
--          missing months, by a function that does just that
-- reader   {reader}
--          reads
--
-- Nobody logs in as one of them; people are made members:
--     GRANT {writer} TO ann;
--
-- May be run again at any time, and is to be after a restore. Who runs it owns the
-- tables or is a superuser, and may create roles.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[{owner_text}, {writer_text}, {reader_text}] LOOP
        IF to_regrole(quote_ident(wanted)) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- made at this moment for another database of the server
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role({owner_text}, 'USAGE') THEN
        GRANT {owner} TO CURRENT_USER;
    END IF;
END
$$;

GRANT {reader} TO {writer};
GRANT {writer} TO {owner};

-- The database and the schema: nobody else creates anything in it.
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {reader}', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {writer}', current_database());
END
$$;
REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC;
GRANT USAGE ON SCHEMA {schema} TO {reader};
GRANT CREATE ON SCHEMA {schema} TO {owner};

-- The tables, their partitions and views.
DO $$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        WITH RECURSIVE ours AS (
            SELECT oid FROM pg_class
            WHERE relnamespace = {schema_text}::regnamespace
                AND relkind IN ('r', 'p', 'v', 'm')
                AND relname = ANY (ARRAY[{relations}])
            UNION
            SELECT inhrelid FROM pg_inherits JOIN ours ON inhparent = ours.oid
        )
        SELECT pg_class.oid::regclass AS name, relname, relkind,
            relowner = {owner_text}::regrole AS is_owned
        FROM ours JOIN pg_class USING (oid)
        ORDER BY relispartition, relname
    LOOP
        IF NOT relation.is_owned THEN
            EXECUTE format('ALTER TABLE %s OWNER TO {owner}', relation.name);
        END IF;
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', relation.name);
        EXECUTE format('GRANT SELECT ON %s TO {reader}', relation.name);
        IF relation.relkind IN ('r', 'p') AND relation.relname <> 'alembic_version'
        THEN
            EXECUTE format(
                'GRANT INSERT, UPDATE, DELETE ON %s TO {writer}', relation.name
            );
        END IF;
    END LOOP;
END
$$;

-- The sequences that number rows; a backup reads them.
DO $$
DECLARE
    sequence record;
BEGIN
    FOR sequence IN
        SELECT sequences.oid::regclass AS name
        FROM pg_class AS sequences
        JOIN pg_depend ON objid = sequences.oid AND deptype IN ('a', 'i')
        JOIN pg_class AS tables ON tables.oid = refobjid
        WHERE sequences.relkind = 'S'
            AND tables.relnamespace = {schema_text}::regnamespace
            AND tables.relname = ANY (ARRAY[{relations}])
    LOOP
        EXECUTE format('GRANT SELECT ON SEQUENCE %s TO {reader}', sequence.name);
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO {writer}', sequence.name);
    END LOOP;
END
$$;

-- The functions. The one that makes months runs with its owner's rights, so nothing that
-- a caller could create may stand before the tables it means.
DO $$
DECLARE
    routine record;
BEGIN
    FOR routine IN
        SELECT pg_proc.oid::regprocedure AS name, prosecdef, provolatile,
            proowner = {owner_text}::regrole AS is_owned
        FROM pg_proc
        WHERE pronamespace = {schema_text}::regnamespace
            AND proname = ANY (ARRAY[{functions}])
    LOOP
        IF NOT routine.is_owned THEN
            EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', routine.name);
        END IF;
        IF routine.prosecdef THEN
            EXECUTE format(
                'ALTER FUNCTION %s SET search_path = {schema}, pg_temp', routine.name
            );
        END IF;
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {writer}', routine.name);
        IF routine.provolatile <> 'v' THEN -- it only reads
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {reader}', routine.name);
        END IF;
    END LOOP;
END
$$;

-- What the owner creates from now on: months, and the tables of later versions.
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT SELECT ON TABLES TO {reader};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT INSERT, UPDATE, DELETE ON TABLES TO {writer};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT SELECT ON SEQUENCES TO {reader};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT USAGE ON SEQUENCES TO {writer};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner}
    REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT EXECUTE ON FUNCTIONS TO {writer};
