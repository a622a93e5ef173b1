"""Owner, writer and reader with logins of their own: what each may do, and may not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import psycopg
import pytest
from psycopg import sql

import foresto_lab as fl
from foresto_lab.errors import DatabasePermissionError, InputError, UnknownNameError
from foresto_lab.storage.backup import make_backup
from foresto_lab.storage.losses import plan_downgrade
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.months import make_months
from foresto_lab.storage.postgresql.roles import RELATIONS, TeamRoles, apply_roles
from foresto_lab.storage.retention import clean_up
from foresto_lab.storage.schema import (
    SCHEMA_VERSION,
    downgrade_schema,
    found_version,
    upgrade_schema,
)
from foresto_lab.workspace import set_up_workspace
from tests.postgresql_server import DatabaseServer

PASSWORD = "opensesame"
JANUARY = (date(2024, 1, 1), date(2024, 1, 31))


@pytest.fixture
def roles(postgresql_server: DatabaseServer) -> Iterator[TeamRoles]:
    """Return roles that no other test has; they are dropped afterwards."""
    names = TeamRoles(prefix=f"t_{secrets.token_hex(4)}")
    yield names
    found = postgresql_server.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE %s",
        [f"{names.prefix}\\_%"],
    )
    for (name,) in found:
        postgresql_server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def guarded_url(
    roles: TeamRoles, postgresql_server: DatabaseServer, team_url: str
) -> Iterator[str]:
    """Return the URL of the superuser to a team's database with its roles."""
    apply_roles_at(team_url, roles)
    yield team_url
    # The roles can go when nothing depends on them any more.
    postgresql_server.drop_database(urlsplit(team_url).path[1:])


@pytest.fixture
def url_of(
    guarded_url: str, roles: TeamRoles, postgresql_server: DatabaseServer
) -> Callable[[str], str]:
    """Return what makes a new login that is a member of a role; gives its URL."""

    def make(role: str) -> str:
        name = f"{roles.prefix}_{role}_{secrets.token_hex(2)}"
        postgresql_server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(name), PASSWORD, sql.Identifier(getattr(roles, role))
            )
        )
        given = urlsplit(guarded_url)
        place = f"{name}:{PASSWORD}@{given.hostname}:{given.port}"
        return given._replace(netloc=place).geturl()

    return make


def apply_roles_at(url: str, roles: TeamRoles) -> int:
    database = PostgresDatabase(url)
    try:
        return apply_roles(database, roles)
    finally:
        database.close()


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def price_file(folder: Path, symbol: str, days: list[str]) -> Path:
    path = folder / f"{symbol}.csv"
    rows = {"symbol": symbol, "date": days, "close": range(100, 100 + len(days))}
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


# --- the script -------------------------------------------------------------------


def test_the_script_can_be_run_again(guarded_url: str, roles: TeamRoles) -> None:
    privileges = "SELECT relname, relacl::text, relowner FROM pg_class ORDER BY oid"
    before = execute(guarded_url, privileges)
    assert apply_roles_at(guarded_url, roles) == len(RELATIONS) - len(
        ["candles_daily", "simulation_path_weight"]
    )
    assert execute(guarded_url, privileges) == before


def test_the_roles_cannot_log_in(guarded_url: str, roles: TeamRoles) -> None:
    found = execute(
        guarded_url,
        f"SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles "
        f"WHERE rolname LIKE '{roles.prefix}\\_%'",
    )
    assert found == [(False, False, False, False)] * 3


def test_nothing_is_left_to_everybody(guarded_url: str) -> None:
    granted = execute(
        guarded_url,
        "SELECT relname FROM pg_class, aclexplode(relacl) "
        "WHERE relnamespace = 'public'::regnamespace AND grantee = 0",
    )
    assert granted == []
    functions = execute(
        guarded_url,
        "SELECT proname FROM pg_proc, aclexplode(coalesce(proacl, "
        "acldefault('f', proowner))) WHERE pronamespace = 'public'::regnamespace "
        "AND grantee = 0",
    )
    assert functions == []
    create = "SELECT has_schema_privilege('public', 'public', 'CREATE')"
    assert execute(guarded_url, create) == [(False,)]


def test_everything_belongs_to_the_owner(guarded_url: str, roles: TeamRoles) -> None:
    """What a migration adds and the script does not know would show here."""
    relations = (
        "SELECT DISTINCT relowner::regrole::text FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace"
    )
    functions = (
        "SELECT DISTINCT proowner::regrole::text FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace"
    )
    assert execute(guarded_url, relations) == [(roles.owner,)]
    assert execute(guarded_url, functions) == [(roles.owner,)]


def test_an_empty_database_gets_its_rights_after_init(
    roles: TeamRoles, database_url: str, postgresql_server: DatabaseServer
) -> None:
    assert apply_roles_at(database_url, roles) == 0
    database = PostgresDatabase(database_url)
    upgrade_schema(database)
    database.close()
    assert apply_roles_at(database_url, roles) > 0
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert execute(database_url, owners) == [(roles.owner,)]
    postgresql_server.drop_database(urlsplit(database_url).path[1:])


@pytest.mark.parametrize(
    "prefix", ["", "Ann", "a-b", 'x"; DROP ROLE y', "1st", "a" * 41]
)
def test_a_prefix_is_a_plain_name(prefix: str) -> None:
    with pytest.raises(InputError, match="prefix"):
        TeamRoles(prefix=prefix)


@pytest.mark.parametrize("schema", ["", "a'b", 'a"b', "a$$b", "a%b", "a{b}", "x" * 64])
def test_a_schema_is_a_plain_name(schema: str) -> None:
    with pytest.raises(InputError, match="schema"):
        TeamRoles(schema=schema)


def test_a_schema_that_is_not_there_is_named(team_url: str, roles: TeamRoles) -> None:
    with pytest.raises(UnknownNameError, match="public"):
        apply_roles_at(team_url, TeamRoles(roles.prefix, schema="publik"))


def test_a_schema_may_have_any_other_name(
    roles: TeamRoles, database_url: str, postgresql_server: DatabaseServer
) -> None:
    execute(database_url, 'CREATE SCHEMA "Our Team"')
    execute(
        database_url,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = "
        '"Our Team"\', current_database()); END $$',
    )
    database = PostgresDatabase(database_url)
    upgrade_schema(database)
    database.close()
    assert apply_roles_at(database_url, TeamRoles(roles.prefix, "Our Team")) > 0
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'Our Team'"
    assert execute(database_url, owners) == [(roles.owner,)]
    postgresql_server.drop_database(urlsplit(database_url).path[1:])


def test_who_may_not_create_roles_is_told(
    url_of: Callable[[str], str], roles: TeamRoles
) -> None:
    with pytest.raises(DatabasePermissionError, match="foresto db roles"):
        apply_roles_at(url_of("writer"), TeamRoles(prefix=f"{roles.prefix}_more"))


# --- the owner --------------------------------------------------------------------


def test_every_member_of_the_owner_migrates_and_hands_on(
    url_of: Callable[[str], str], guarded_url: str, roles: TeamRoles
) -> None:
    """What one member made, another can take back: it belongs to the role."""
    for _ in range(2):
        database = PostgresDatabase(url_of("owner"))
        target = plan_downgrade(database).target
        downgrade_schema(database, target)
        assert found_version(database) == target
        upgrade_schema(database)
        assert found_version(database) == SCHEMA_VERSION
        database.close()
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert execute(guarded_url, owners) == [(roles.owner,)]


def test_tables_of_a_later_version_have_their_rights(
    url_of: Callable[[str], str], tmp_path: Path
) -> None:
    database = PostgresDatabase(url_of("owner"))
    downgrade_schema(database, plan_downgrade(database).target)
    upgrade_schema(database)
    database.close()
    writer = fl.open_lab(tmp_path, database_url=url_of("writer"))
    assert writer.load_prices(price_file(tmp_path, "AAA", DAYS)).outcome is not None
    reader = fl.open_lab(tmp_path, database_url=url_of("reader"))
    assert list(reader.coverage()["symbol"]) == ["AAA"]
    for lab in (writer, reader):
        lab.storage.close()


def test_the_owner_drops_a_month(url_of: Callable[[str], str]) -> None:
    owner = url_of("owner")
    execute(
        owner,
        "SELECT create_monthly_partitions('daily_price', '2024-01-1', '2024-1-2')",
    )
    execute(owner, "DROP TABLE daily_price_y2024m01")


def test_the_owner_cleans_up_and_the_writer_does_not(
    url_of: Callable[[str], str], tmp_path: Path
) -> None:
    lab = fl.open_lab(tmp_path, database_url=url_of("writer"))
    lab.load_prices(price_file(tmp_path, "AAA", DAYS))
    run_id = lab.simulate({"AAA": 1.0}).run_id
    assert run_id is not None
    later = datetime.now(UTC) + timedelta(days=150)
    with pytest.raises(DatabasePermissionError):
        clean_up(lab.storage, now=later, archive=tmp_path / "archive")
    assert len(lab.run(run_id).path) == len(DAYS)
    owner = fl.open_lab(tmp_path, database_url=url_of("owner"))
    assert clean_up(owner.storage, now=later).paths == (run_id,)
    assert lab.run_record(run_id).summary["total_return"] == pytest.approx(0.03)
    for opened in (lab, owner):
        opened.storage.close()


# --- the writer -------------------------------------------------------------------


def test_a_writer_loads_into_a_new_month_and_runs(
    url_of: Callable[[str], str], tmp_path: Path
) -> None:
    lab = fl.open_lab(tmp_path, database_url=url_of("writer"))
    for symbol in ("AAA", "BBB"):
        lab.load_prices(price_file(tmp_path, symbol, DAYS))
    lab.update_returns()
    run = lab.simulate({"AAA": 0.5, "BBB": 0.5})
    assert run.run_id is not None
    again = fl.open_lab(tmp_path, database_url=url_of("writer"))
    assert again.run(run.run_id).path.equals(run.path)
    again.save_rule("MINE", fl.Drift(0.1))
    again.delete_run(run.run_id)
    assert again.runs().empty
    for opened in (lab, again):
        opened.storage.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE daily_price",
        "TRUNCATE daily_price",
        "ALTER TABLE daily_price ADD COLUMN more integer",
        "CREATE TABLE mine (id integer)",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM alembic_version",
        "DROP FUNCTION create_monthly_partitions",
        "ALTER TABLE daily_price DISABLE TRIGGER ALL",
    ],
)
def test_a_writer_changes_no_table(
    url_of: Callable[[str], str], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(url_of("writer"), statement)


def test_a_writer_may_make_months_by_the_function_alone(
    url_of: Callable[[str], str], guarded_url: str, roles: TeamRoles
) -> None:
    database = PostgresDatabase(url_of("writer"))
    (made,) = make_months(database, {"daily_price": JANUARY}, today=date(2024, 1, 1))
    database.close()
    assert made.made == 1
    (month,) = made.partitions
    owner = f"SELECT tableowner FROM pg_tables WHERE tablename = '{month.name}'"
    assert execute(guarded_url, owner) == [(roles.owner,)]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        execute(
            url_of("writer"),
            "SELECT create_monthly_partitions('pg_class', '2024-01-01', '2024-01-02')",
        )


def test_a_writers_own_tables_do_not_mislead_the_function(
    url_of: Callable[[str], str], guarded_url: str
) -> None:
    """A temporary table of the same name is not what the function works on."""
    with psycopg.connect(url_of("writer"), autocommit=True) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE daily_price (symbol text, date date) "
            "PARTITION BY RANGE (date)"
        )
        connection.execute(
            "SELECT create_monthly_partitions('daily_price', '2024-01-1', '2024-01-2')"
        )
    bounds = (
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class "
        "WHERE relname = 'daily_price_y2024m01'"
    )
    assert execute(guarded_url, bounds) == [
        ("FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",)
    ]


def test_a_writer_does_not_migrate(url_of: Callable[[str], str]) -> None:
    database = PostgresDatabase(url_of("writer"))
    with pytest.raises(DatabasePermissionError, match="foresto db roles"):
        downgrade_schema(database, plan_downgrade(database).target)
    assert found_version(database) == SCHEMA_VERSION
    database.close()


# --- the reader -------------------------------------------------------------------


@pytest.fixture
def filled_url(
    url_of: Callable[[str], str], tmp_path: Path, guarded_url: str
) -> Callable[[str], str]:
    """Return ``url_of`` of a database with prices and a run."""
    lab = fl.open_lab(tmp_path / "writer", database_url=url_of("writer"))
    for symbol in ("AAA", "BBB"):
        lab.load_prices(price_file(tmp_path, symbol, DAYS))
    lab.simulate({"AAA": 1.0})
    lab.storage.close()
    return url_of


def test_a_reader_reads_and_simulates_without_keeping(
    filled_url: Callable[[str], str], tmp_path: Path
) -> None:
    lab = fl.open_lab(tmp_path, database_url=filled_url("reader"))
    assert list(lab.coverage()["symbol"]) == ["AAA", "BBB"]
    assert len(lab.scenarios()) == 3
    (run_id,) = lab.runs().index
    assert len(lab.run(run_id).path) == len(DAYS)
    assert lab.reproduce(run_id).identical
    result = lab.simulate({"AAA": 0.5, "BBB": 0.5}, save=False)
    assert result.run_id is None
    # 100 becomes 103 in both: a gain of 3 %.
    assert result.summary["total_return"] == pytest.approx(0.03)
    lab.storage.close()


def test_a_reader_makes_a_backup(
    filled_url: Callable[[str], str], tmp_path: Path
) -> None:
    database = PostgresDatabase(filled_url("reader"))
    made = make_backup(database, tmp_path, tmp_path / "backup")
    database.close()
    assert made.manifest.counts["daily_price"] == 2 * len(DAYS)
    assert made.manifest.counts["simulation_run"] == 1


def test_a_reader_sets_up_a_workspace(
    filled_url: Callable[[str], str], tmp_path: Path
) -> None:
    setup = set_up_workspace(tmp_path / "mine", database_url=filled_url("reader"))
    assert setup.is_new
    assert setup.notebooks_added


def test_a_reader_opens_a_lab_with_a_crashed_run(
    filled_url: Callable[[str], str], guarded_url: str, tmp_path: Path
) -> None:
    """It cannot put it right, and that is no reason not to work."""
    execute(
        guarded_url,
        "UPDATE simulation_run SET status = 'running', artifact_checksum = NULL, "
        "host = 'a host that is gone', process_id = 1, process_started_at = 0, "
        "heartbeat_at = now() - interval '1 hour'",
    )
    lab = fl.open_lab(tmp_path, database_url=filled_url("reader"))
    assert list(lab.runs()["status"]) == ["running"]
    lab.storage.close()
    lab = fl.open_lab(tmp_path, database_url=filled_url("writer"))
    assert list(lab.runs()["status"]) == ["failed"]
    lab.storage.close()


def test_a_reader_is_told_why_it_cannot_write(
    filled_url: Callable[[str], str], tmp_path: Path
) -> None:
    lab = fl.open_lab(tmp_path, database_url=filled_url("reader"))
    (run_id,) = lab.runs().index
    for write in (
        lambda: lab.simulate({"BBB": 1.0}),
        lambda: lab.save_rule("MINE", fl.Drift(0.1)),
        lambda: lab.delete_run(run_id),
        lambda: lab.load_prices(price_file(tmp_path, "CCC", DAYS)),
    ):
        with pytest.raises(DatabasePermissionError) as refused:
            write()
        assert "foresto db roles" in str(refused.value)
        assert PASSWORD not in str(refused.value)
    assert list(lab.runs().index) == [run_id]
    assert list(lab.coverage()["symbol"]) == ["AAA", "BBB"]
    lab.storage.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO daily_price (symbol, date, close, version) "
        "VALUES ('X', '2024-01-02', 1, 1)",
        "INSERT INTO daily_price_y2024m01 (symbol, date, close, version) "
        "VALUES ('X', '2024-01-02', 1, 1)",
        "DELETE FROM daily_price",
        "DELETE FROM daily_price_y2024m01",
        "UPDATE scenario_definition SET name = 'X'",
        "SELECT create_monthly_partitions('daily_price', '2030-01-01', '2030-01-02')",
        "SELECT nextval('scenario_definition_scenario_id_seq')",
        "CREATE TABLE mine (id integer)",
        "DROP TABLE daily_price_y2024m01",
    ],
)
def test_a_reader_writes_nothing(
    filled_url: Callable[[str], str], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(filled_url("reader"), statement)


def test_a_reader_reads_a_month_by_itself(filled_url: Callable[[str], str]) -> None:
    query = "SELECT count(*) FROM daily_price_y2024m01"
    assert execute(filled_url("reader"), query) == [(2 * len(DAYS),)]


def test_who_has_no_role_is_told(
    guarded_url: str,
    roles: TeamRoles,
    postgresql_server: DatabaseServer,
    tmp_path: Path,
) -> None:
    name = f"{roles.prefix}_nobody"
    postgresql_server.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(name), PASSWORD
        )
    )
    given = urlsplit(guarded_url)
    place = f"{name}:{PASSWORD}@{given.hostname}:{given.port}"
    with pytest.raises(DatabasePermissionError, match="foresto db roles"):
        fl.open_lab(tmp_path, database_url=given._replace(netloc=place).geturl())
