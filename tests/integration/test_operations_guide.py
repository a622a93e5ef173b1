"""Every command of docs/operations.md, run in a workspace against a real server."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from foresto_lab.market.calendars import get_calendar
from tests.integration.foresto_command import MAIN
from tests.postgresql_binaries import find_binaries
from tests.postgresql_server import PostgresServer, new_server

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
SYMBOLS = {
    "069500": 35_000.0,
    "152380": 75_000.0,
    "153130": 108_000.0,
    "132030": 18_000.0,
    "130680": 5_000.0,
}
"""The Korean funds that a new store maps the asset classes to."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("operations")]


def blocks(language: str) -> list[str]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return fence.findall(GUIDE.read_text(encoding="utf-8"))


def cron_lines() -> list[str]:
    return [line for block in blocks("cron") for line in block.splitlines() if line]


# --- the place where the guide is followed ----------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Return a server of its own: roles belong to the whole of it."""
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    running = new_server()
    running.start()
    yield running
    running.remove()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the commands are run, with a file of prices."""
    place = tmp_path_factory.mktemp("research")
    write_prices(place / "prices.csv")
    return place


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> str:
    """Return a PATH with foresto, PostgreSQL's programs and the system's."""
    place = tmp_path_factory.mktemp("bin")
    script = place / "foresto"
    script.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{MAIN}" "$@"\n', "utf-8"
    )
    script.chmod(0o755)
    folders = [str(place), str(server.binaries.folder), os.environ["PATH"]]
    return os.pathsep.join(folders)


@pytest.fixture(scope="module")
def variables(server: PostgresServer, programs: str) -> Mapping[str, str]:
    """Return the environment that the guide speaks of."""
    return {
        **os.environ,
        "PATH": programs,
        "FORESTO_SERVER_URL": server.url("postgres"),
        "FORESTO_DATABASE_URL": server.url("research"),
        "FORESTO_DRILL_URL": server.url("drill"),
    }


def write_prices(path: Path) -> None:
    """Write made-up prices of every session from two years ago to yesterday."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    sessions = get_calendar("XKRX").sessions(date(yesterday.year - 2, 1, 1), yesterday)
    rows = [
        {"symbol": symbol, "date": f"{day}", "close": round(price * 1.0003**n, 2)}
        for symbol, price in SYMBOLS.items()
        for n, day in enumerate(sessions)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)


def run(
    command: str, folder: Path, variables: Mapping[str, str], shell: str = "bash"
) -> str:
    """Run a command as a shell would, and return what it printed."""
    flags = ["-euo", "pipefail"] if shell == "bash" else ["-e"]
    done = subprocess.run(
        [shell, *flags, "-c", command],
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    password = urlsplit(variables["FORESTO_SERVER_URL"]).password or ""
    assert password not in done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def followed(folder: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Follow the guide from top to bottom; return what each block printed."""
    alone = {k: v for k, v in variables.items() if k != "FORESTO_DATABASE_URL"}
    run("foresto init old --no-sample", folder, alone)
    run("foresto --home old data load prices.csv", folder, alone)
    run("foresto --home old simulate GROWTH", folder, alone)
    return {block: run(block, folder, variables) for block in blocks("sh")}


# --- tests ------------------------------------------------------------------------


def test_the_guide_can_be_followed(followed: Mapping[str, str], folder: Path) -> None:
    assert len(followed) >= 12
    for name in ("quality.json", "stats.json", "status.json", "foresto.prom"):
        assert (folder / name).stat().st_size > 0
    assert not (folder / "data" / "foresto.db").exists()
    assert "foresto_database_up 1" in (folder / "foresto.prom").read_text("utf-8")
    roles = (folder / "roles.sql").read_text("utf-8")
    assert "CREATE ROLE" in roles


def test_the_drill_restores_the_runs(followed: Mapping[str, str]) -> None:
    drill = next(
        block for block in followed if "runs list" in block and "drill" in block
    )
    assert "Restored:" in followed[drill]
    assert "DEFENSIVE" in followed[drill]
    assert "GROWTH" in followed[drill]  # copied from the folder before


@pytest.mark.parametrize("line", cron_lines())
def test_a_cron_line_does_its_work(
    line: str,
    followed: Mapping[str, str],
    folder: Path,
    programs: str,
    server: PostgresServer,
) -> None:
    """As cron does it: sh, hardly any variables, the database named by .env."""
    del followed
    fields = line.split(maxsplit=5)
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in fields[:5]), line
    command = fields[5].replace("\\%", "%").replace("/srv/research", str(folder))
    assert command != fields[5]
    (folder / ".env").write_text(
        f"FORESTO_DATABASE_URL={server.url('research')}\n", "utf-8"
    )
    variables = {
        "PATH": programs,
        "HOME": os.environ["HOME"],
        "FORESTO_SERVER_URL": server.url("postgres"),
    }
    run(command, folder, variables, shell="sh")


def test_the_unit_of_systemd_does_its_work(
    followed: Mapping[str, str], folder: Path, variables: Mapping[str, str]
) -> None:
    del followed
    (text,) = blocks("ini")
    unit = configparser.RawConfigParser()
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert unit["Timer"]["Persistent"] == "true"
    run(unit["Service"]["ExecStart"].replace("%%", "%"), folder, variables)


def test_no_command_of_the_guide_holds_a_password() -> None:
    for block in [*blocks("sh"), *blocks("cron"), *blocks("ini")]:
        assert not re.search(r"://[^/\s]*:[^/\s@]+@", block)


def test_every_upkeep_command_is_in_the_guide() -> None:
    from foresto_lab.cli.db import COMMANDS

    text = GUIDE.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert re.search(rf"foresto (--home old )?db {name}\b", text), name
