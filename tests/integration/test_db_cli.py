"""`foresto db` on real databases: what it makes, tells, and says when it cannot."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from foresto_lab.cli.main import main
from foresto_lab.storage.schema import SCHEMA_VERSION, SCHEMA_VERSIONS
from tests.integration.foresto_command import MAIN, foresto, start_foresto
from tests.integration.old_postgresql import old_postgresql
from tests.postgresql_server import DatabaseServer

PASSWORD = "p@ss:w/rd%41"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Return what runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, url: str | None = None) -> tuple[int, str, str]:
        more = ["--database-url", url] if url else []
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *more])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run_command


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def counted(url: str, table: str) -> int:
    return int(rows(url, f"SELECT count(*) FROM {table}")[0][0])


def with_parts(url: str, **parts: Any) -> str:
    """Return a URL with another user, password, host or database."""
    given = urlsplit(url)
    user = quote(parts.get("user", given.username or ""), safe="")
    password = quote(parts.get("password", given.password or ""), safe="")
    host = parts.get("host", given.hostname)
    place = f"{user}:{password}@{host}:{parts.get('port', given.port)}"
    return urlunsplit(("postgresql", place, parts.get("path", given.path), "", ""))


def months_later(months: int) -> str:
    place = (
        datetime.now(UTC).date().year * 12 + datetime.now(UTC).date().month - 1 + months
    )
    return f"{place // 12:04}-{place % 12 + 1:02}"


# --- init -------------------------------------------------------------------------


def test_init_makes_tables_definitions_and_months(run: Run, database_url: str) -> None:
    status, out, _ = run("db", "init", "--json", url=database_url)
    done = json.loads(out)
    assert status == 0
    assert done["created"]
    assert done["schema"] == SCHEMA_VERSION
    year = datetime.now(UTC).date().year
    this_month = datetime.now(UTC).date().month
    # From January of last year to six months beyond this one; and from this one on.
    in_series, in_expiry = 12 + this_month + 6, 1 + 6
    assert done["months_made"] == {
        "daily_price": in_series,
        "daily_return": in_series,
        "candles_history": in_series,
        "simulation_path": in_expiry,
        "backtest_equity": in_expiry,
    }
    names = {name for (name,) in rows(database_url, "SELECT relname FROM pg_class")}
    assert f"daily_price_y{year - 1}m01" in names
    assert f"daily_price_y{months_later(6).replace('-', 'm')}" in names
    assert f"simulation_path_y{months_later(0).replace('-', 'm')}" in names
    assert f"simulation_path_y{months_later(-1).replace('-', 'm')}" not in names
    assert f"daily_price_y{months_later(7).replace('-', 'm')}" not in names
    assert counted(database_url, "scenario_definition") == 3
    assert counted(database_url, "rebalancing_rule") == 4


def test_init_again_changes_nothing(run: Run, database_url: str) -> None:
    run("db", "init", url=database_url)
    before = rows(database_url, "SELECT relname FROM pg_class ORDER BY 1")
    status, out, _ = run("db", "init", "--json", url=database_url)
    done = json.loads(out)
    assert status == 0
    assert not done["created"]
    assert set(done["months_made"].values()) == {0}
    assert rows(database_url, "SELECT relname FROM pg_class ORDER BY 1") == before


def test_init_keeps_definitions_that_were_changed(run: Run, team_url: str) -> None:
    with psycopg.connect(team_url) as connection:
        connection.execute("UPDATE scenario_definition SET name_en = 'Mine'")
        connection.execute("DELETE FROM rebalancing_rule WHERE name = 'DRIFT_5'")
    assert run("db", "init", url=team_url)[0] == 0
    assert rows(team_url, "SELECT DISTINCT name_en FROM scenario_definition") == [
        ("Mine",)
    ]
    assert counted(team_url, "rebalancing_rule") == 4


def test_init_makes_an_embedded_store(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("--home", str(tmp_path), "db", "init")
    assert status == 0
    assert (tmp_path / "data" / "foresto.db").is_file()
    assert out == f"Created: {tmp_path}, schema {SCHEMA_VERSION}\n"
    assert "Ready" in run("--home", str(tmp_path), "db", "init")[1]


def test_four_inits_at_once_make_one_store(tmp_path: Path, database_url: str) -> None:
    started = [
        start_foresto("db", "init", "--json", home=tmp_path, database_url=database_url)
        for _ in range(4)
    ]
    ended = [(*process.communicate(timeout=120), process) for process in started]
    for out, err, process in ended:
        assert process.returncode == 0, err
        assert json.loads(out)["schema"] == SCHEMA_VERSION
    made = [json.loads(out)["months_made"]["simulation_path"] for out, _, _ in ended]
    assert sorted(made) == [0, 0, 0, 7]
    assert counted(database_url, "scenario_definition") == 3
    assert counted(database_url, "portfolio_allocation") == 15
    assert rows(database_url, "SELECT version_num FROM alembic_version") == [
        (SCHEMA_VERSION,)
    ]


# --- upgrade and downgrade --------------------------------------------------------


@pytest.fixture
def older_url(run: Run, team_url: str) -> str:
    """Return a team's database with the tables of version 0001."""
    status, _, err = run("db", "downgrade", "0001", "--yes", url=team_url)
    assert status == 0, err
    return team_url


def test_upgrade_tells_from_where_to_where(run: Run, older_url: str) -> None:
    status, out, _ = run("db", "upgrade", url=older_url)
    assert status == 0
    assert out.rstrip().endswith(f"schema 0001 is now {SCHEMA_VERSION}.")
    status, out, _ = run("db", "upgrade", "--json", url=older_url)
    assert json.loads(out)["schema_before"] == SCHEMA_VERSION


def test_init_leaves_older_tables_to_upgrade(run: Run, older_url: str) -> None:
    status, _, err = run("db", "init", url=older_url)
    assert status == 4
    assert "foresto db upgrade" in err
    assert rows(older_url, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_two_upgrades_at_once_do_it_once(tmp_path: Path, older_url: str) -> None:
    started = [
        start_foresto("db", "upgrade", "--json", home=tmp_path, database_url=older_url)
        for _ in range(2)
    ]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    before = sorted(json.loads(out)["schema_before"] for out, _ in ended)
    assert before == ["0001", SCHEMA_VERSION]
    assert counted(older_url, "daily_price") == 0


def test_a_lab_on_older_tables_names_the_command(
    older_url: str, tmp_path: Path
) -> None:
    done = foresto("runs", "list", home=tmp_path, database_url=older_url)
    assert done.returncode == 4
    assert "foresto db upgrade" in done.stderr


def test_downgrade_counts_what_is_lost(run: Run, team_url: str) -> None:
    with psycopg.connect(team_url) as connection:
        connection.execute(
            "SELECT create_monthly_partitions('daily_price', '2024-01-1', '2024-01-9')"
        )
        connection.execute(
            "INSERT INTO daily_price (symbol, date, close, version)"
            " SELECT 'S' || n, '2024-01-02', 1, 1 FROM generate_series(1, 1234) AS n"
        )
    status, out, err = run("db", "downgrade", "0001", url=team_url)
    assert status == 2
    assert "--yes" in err
    assert re.search(r"daily_price +1,234", out)
    assert "1,234 rows would be gone for good" in out
    assert "foresto db backup" in out
    assert counted(team_url, "daily_price") == 1234
    status, out, _ = run("db", "downgrade", "0001", "--yes", "--json", url=team_url)
    assert status == 0
    assert json.loads(out)["lost"] == [
        {"table": "daily_price", "rows": 1234, "exact": True}
    ]


@pytest.mark.parametrize("answer", ["n", "y"])
def test_downgrade_asks_on_a_terminal(
    tmp_path: Path, team_url: str, answer: str
) -> None:
    near, far = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "db", "downgrade"],
        env={**os.environ, "FORESTO_DATABASE_URL": team_url},
        cwd=tmp_path,
        stdin=far,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(near, f"{answer}\n".encode())
    _, err = process.communicate(timeout=120)
    os.close(near)
    os.close(far)
    assert "Go on?" in err
    assert process.returncode == {"n": 130, "y": 0}[answer]
    found = rows(team_url, "SELECT version_num FROM alembic_version")
    assert found == [({"n": SCHEMA_VERSION, "y": SCHEMA_VERSIONS[-2]}[answer],)]


@pytest.mark.parametrize("target", [SCHEMA_VERSION, "0009", "'; DROP TABLE x"])
def test_downgrade_refuses_what_is_not_older(
    run: Run, team_url: str, target: str
) -> None:
    status, _, err = run("db", "downgrade", target, "--yes", url=team_url)
    assert status == 2
    assert "Older ones: base, 0001" in err
    assert rows(team_url, "SELECT version_num FROM alembic_version") == [
        (SCHEMA_VERSION,)
    ]


# --- status -----------------------------------------------------------------------


def test_status_of_a_new_store(run: Run, team_url: str) -> None:
    status, out, _ = run("db", "status", "--json", url=team_url)
    found = json.loads(out)
    assert status == 0
    assert found["state"] == "current"
    assert found["problem"] is None
    assert found["role"] == "owner"
    assert found["server"].startswith("PostgreSQL ")
    assert found["data_versions"] == {
        "daily_price": "daily_price@none",
        "daily_return": "daily_return@none",
        "candles_history": "candles_history@none",
    }
    assert found["runs"] == {}
    assert found["last_load"] is None
    assert found["size_bytes"] > 1_000_000
    assert "scenario_definition" in {table["name"] for table in found["tables"]}


def test_status_counts_partitions_into_their_table(run: Run, team_url: str) -> None:
    with psycopg.connect(team_url) as connection:
        connection.execute(
            "SELECT create_monthly_partitions('daily_price', '2024-01-01', '2024-03-1')"
        )
        for day in ("2024-01-02", "2024-02-02", "2024-03-04"):
            connection.execute(
                "INSERT INTO daily_price (symbol, date, close, version)"
                " SELECT 'S' || n, %s, 1, 1 FROM generate_series(1, 1000) AS n",
                [day],
            )
    with psycopg.connect(team_url, autocommit=True) as connection:
        connection.execute("ANALYZE daily_price")
    _, out, _ = run("db", "status", "--json", url=team_url)
    sizes = {table["name"]: table for table in json.loads(out)["tables"]}
    assert sizes["daily_price"]["rows"] == 3000
    assert sizes["daily_price"]["size_bytes"] > 3 * 1000 * 60
    assert not [name for name in sizes if name.startswith("daily_price_y")]


def test_status_of_an_empty_database(run: Run, database_url: str) -> None:
    status, out, err = run("db", "status", url=database_url)
    assert status == 4
    assert "PostgreSQL" in out
    assert "foresto db init" in err
    assert counted(database_url, "pg_tables WHERE schemaname = 'public'") == 0


def test_status_of_older_tables(run: Run, older_url: str) -> None:
    status, out, err = run("db", "status", "--json", url=older_url)
    assert status == 4
    assert json.loads(out)["state"] == "older"
    assert json.loads(out)["schema_found"] == "0001"
    assert "foresto db upgrade" in err


def test_status_of_newer_tables(run: Run, team_url: str) -> None:
    with psycopg.connect(team_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    status, out, err = run("db", "status", "--json", url=team_url)
    assert status == 4
    assert json.loads(out)["state"] == "newer"
    assert "0999" in err
    assert "install that version" in err


def test_status_of_an_unreachable_server_is_told_as_json_too(run: Run) -> None:
    url = f"postgresql://ann:{quote(PASSWORD, safe='')}@127.0.0.1:9/research"
    status, out, err = run("db", "status", "--json", url=url)
    found = json.loads(out)
    assert status == 4
    assert found["state"] == "unreachable"
    assert found["location"] == "postgresql://127.0.0.1:9/research"
    assert found["problem"] in err


def test_status_of_an_embedded_store(run: Run, tmp_path: Path) -> None:
    run("--home", str(tmp_path), "init")
    status, out, _ = run("--home", str(tmp_path), "db", "status", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["store"] == "embedded"
    assert found["location"] == str(tmp_path)
    assert found["data_versions"]["daily_price"].startswith("daily_price@1-")
    assert found["last_load"]["rows"] == 5 * 3697
    sizes = {table["name"]: table["rows"] for table in found["tables"]}
    assert sizes["daily_price"] == 5 * 3697
    assert sizes["daily_return"] == 5 * 3696
    assert sizes["scenario_definition"] == 3


def test_status_without_a_store(run: Run, tmp_path: Path) -> None:
    status, out, err = run("--home", str(tmp_path / "no"), "db", "status")
    assert (status, out) == (4, "")
    assert "foresto init DIR" in err
    assert not (tmp_path / "no").exists()


# --- partitions -------------------------------------------------------------------


def test_partitions_ahead(run: Run, team_url: str) -> None:
    status, out, _ = run("db", "partitions", "--ahead", "2", "--json", url=team_url)
    assert status == 0
    for table in json.loads(out)["tables"]:
        assert (table["made"], table["months_ahead"]) == (3, 2)
    _, out, _ = run("db", "partitions", "--ahead", "2", url=team_url)
    assert "0 partitions made" in out


def test_partitions_of_a_span(run: Run, team_url: str) -> None:
    arguments = ("db", "partitions", "--from", "1999-11-05", "--to", "2000-02-01")
    status, out, _ = run(*arguments, "--table", "daily_price", url=team_url)
    assert status == 0
    assert "4 partitions made" in out
    assert "1999-11" in out
    found = rows(
        team_url,
        "SELECT relname FROM pg_class WHERE relname LIKE 'daily_price_y%' "
        "AND relkind = 'r' ORDER BY 1",
    )
    assert [name for (name,) in found] == [
        "daily_price_y1999m11",
        "daily_price_y1999m12",
        "daily_price_y2000m01",
        "daily_price_y2000m02",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--table", "daily_prices"), "Did you mean daily_price"),
        (("--from", "2024-01-01"), "--from and --to"),
        (("--from", "2024-02-01", "--to", "2024-01-01"), "--to lies before"),
        (("--from", "someday", "--to", "2024-01-01"), "someday"),
    ],
)
def test_partitions_refuses_what_it_cannot_take(
    run: Run, team_url: str, arguments: tuple[str, ...], words: str
) -> None:
    status, _, err = run("db", "partitions", *arguments, url=team_url)
    assert status == 2
    assert words in err


def test_the_embedded_store_has_no_partitions(run: Run, tmp_path: Path) -> None:
    run("--home", str(tmp_path), "db", "init")
    status, out, _ = run("--home", str(tmp_path), "db", "partitions")
    assert status == 0
    assert "no partitions" in out


def test_a_month_is_made_by_several_at_once(tmp_path: Path, team_url: str) -> None:
    started = [
        start_foresto(
            *("db", "partitions", "--json", "--from", "2010-01", "--to", "2011-12"),
            home=tmp_path,
            database_url=team_url,
        )
        for _ in range(3)
    ]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    made = [sum(t["made"] for t in json.loads(out)["tables"]) for out, _ in ended]
    assert sum(made) == 24 * 5


# --- stats ------------------------------------------------------------------------


def test_stats_tell_of_tables_indexes_and_partitions(run: Run, team_url: str) -> None:
    run("db", "partitions", "--from", "2024-01", "--to", "2024-02", url=team_url)
    status, out, _ = run("db", "stats", "--json", url=team_url)
    found = json.loads(out)
    assert status == 0
    prices = next(t for t in found["tables"] if t["name"] == "daily_price")
    assert prices["partitions"] == 2
    methods = rows(
        team_url,
        "SELECT relname, amname FROM pg_class JOIN pg_am ON pg_am.oid = relam "
        "WHERE relkind IN ('i', 'I') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace",
    )
    assert {i["name"]: i["method"] for i in found["indexes"]} == dict(methods)
    key = next(i for i in found["indexes"] if i["name"] == "pk_daily_price")
    assert (key["table"], key["enforces"], key["scans"]) == ("daily_price", True, 0)
    assert "daily_price_y2024m01" in {p["name"] for p in found["partitions"]}
    status, out, _ = run("db", "stats", "--limit", "2", url=team_url)
    assert status == 0
    assert "cache hits" in out


def test_stats_of_an_embedded_store(run: Run, tmp_path: Path) -> None:
    run("--home", str(tmp_path), "init")
    status, out, _ = run("--home", str(tmp_path), "db", "stats", "--json")
    found = json.loads(out)
    assert status == 0
    files = [p for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert found["size_bytes"] == sum(path.stat().st_size for path in files)
    assert [table["rows"] for table in found["tables"]] == [5 * 3697, 5 * 3696, 0]
    assert run("--home", str(tmp_path), "db", "stats")[0] == 0


# --- faults -----------------------------------------------------------------------


@pytest.fixture
def unusable_urls(
    postgresql_server: DatabaseServer, team_url: str
) -> Iterator[dict[str, str]]:
    """Return URLs, each with a secret password, that lead to no usable database."""
    with old_postgresql("13.14") as port:
        yield {
            "wrong password": with_parts(team_url, password=PASSWORD),
            "unknown user": with_parts(team_url, user="nobody", password=PASSWORD),
            "unknown host": with_parts(
                team_url, host="no-such-host.invalid", password=PASSWORD
            ),
            "nobody listens": with_parts(team_url, port=9, password=PASSWORD),
            "server too old": with_parts(team_url, port=port, password=PASSWORD),
            "missing database": with_parts(team_url, path="/h_no_such_database"),
        }


WORDS = {
    "wrong password": "FORESTO_DATABASE_URL",
    "unknown user": "FORESTO_DATABASE_URL",
    "unknown host": "Correct the host",
    "nobody listens": "Check that the server runs",
    "server too old": "runs PostgreSQL 13; foresto_lab needs 14",
    "missing database": "createdb",
}


def secrets_of(url: str) -> set[str]:
    password = urlsplit(url).password or ""
    return {PASSWORD, quote(PASSWORD, safe=""), password}


@pytest.mark.parametrize(
    ("fault", "by"),
    [*((fault, "environment") for fault in WORDS), ("wrong password", "option")],
)
def test_an_unusable_database_is_one_line_without_password(
    unusable_urls: dict[str, str], tmp_path: Path, fault: str, by: str
) -> None:
    url = unusable_urls[fault]
    if by == "environment":
        done = foresto("db", "status", home=tmp_path, database_url=url)
    else:
        done = foresto("db", "status", "--database-url", url, home=tmp_path)
    assert done.returncode == 4
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: postgresql://")
    assert WORDS[fault] in line
    for secret in secrets_of(url):
        assert secret not in line


COMMANDS = ("init", "upgrade", "downgrade", "partitions", "stats", "roles --apply")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_so(run: Run, command: str) -> None:
    url = f"postgresql://ann:{quote(PASSWORD, safe='')}@127.0.0.1:9/research"
    status, out, err = run("db", *command.split(), url=url)
    assert status == 4
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    for secret in secrets_of(url):
        assert secret not in err


@pytest.mark.parametrize("debug", [False, True])
def test_not_even_a_traceback_shows_the_password(run: Run, debug: bool) -> None:
    url = f"postgresql://ann:{quote(PASSWORD, safe='')}@127.0.0.1:9/research"
    flags = ["--debug", "-v"] if debug else []
    _, out, err = run(*flags, "db", "status", url=url)
    for secret in secrets_of(url):
        assert secret not in out + err


def test_an_url_that_cannot_be_read_is_not_shown(run: Run, tmp_path: Path) -> None:
    status, _, err = run(
        "--home", str(tmp_path), "db", "status", url=f"postgresql://a:{PASSWORD}@[x"
    )
    assert status == 2
    assert "cannot be read" in err
    assert PASSWORD not in err
