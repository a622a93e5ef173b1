"""`foresto data`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foresto_lab.cli.context import CommandContext
from foresto_lab.cli.data import data
from foresto_lab.storage import create_workspace

DAYS = ["2024-06-03", "2024-06-04", "2024-06-05", "2024-06-07", "2024-06-10"]
GOOD = "date,close\n" + "".join(f"{day},10{n}\n" for n, day in enumerate(DAYS))
BAD = GOOD.replace("100", "0")


@pytest.fixture(scope="module")
def home(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    create_workspace(folder, either_store).close()
    return folder


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "069500.csv"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "BAD.csv"
    path.write_text(BAD)
    return path


def foresto_data(home: Path, *words: object) -> Result:
    return CliRunner().invoke(
        data, [str(word) for word in words], obj=CommandContext(home=home)
    )


def test_load_then_list_returns_and_quality(home: Path, good: Path) -> None:
    loaded = foresto_data(home, "load", good, "--adjusted")
    assert loaded.exit_code == 0, loaded.output
    assert "069500" in loaded.output
    listed = json.loads(foresto_data(home, "list", "--json").stdout)
    assert {
        "symbol": "069500",
        "first_date": DAYS[0],
        "last_date": DAYS[-1],
        "row_count": 5,
    } in listed
    assert "069500" in foresto_data(home, "list").output
    returns = foresto_data(home, "returns", "--json")
    assert json.loads(returns.stdout)["data_version"]
    again = json.loads(foresto_data(home, "returns", "--json").stdout)
    assert again["rows_inserted"] == again["rows_updated"] == 0
    quality = foresto_data(home, "quality", "069500")
    assert quality.exit_code == 0
    assert "Rows: 5" in quality.output


def test_one_bad_file_refuses_itself_only(home: Path, good: Path, bad: Path) -> None:
    result = foresto_data(home, "load", bad, good)
    assert result.exit_code == 3
    assert "refused" in result.stdout
    assert "loaded" in result.stdout
    assert "PRICE_NOT_POSITIVE" in result.stderr
    listed = json.loads(foresto_data(home, "list", "--json").stdout)
    assert "BAD" not in {row["symbol"] for row in listed}


def test_json_of_a_load_keeps_every_file_in_its_place(
    home: Path, good: Path, bad: Path
) -> None:
    result = foresto_data(home, "load", bad, good, "--json")
    refused, loaded = json.loads(result.stdout)
    assert (refused["status"], loaded["status"]) == ("refused", "loaded")
    assert refused["error"] == "QualityError"
    assert refused["findings"][0]["code"] == "PRICE_NOT_POSITIVE"
    assert loaded["rows_received"] == 5
    assert result.exit_code == 3


def test_options_reach_the_reader(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "nav.csv"
    path.write_bytes("일자;NAV\n3/6/2024;1,5\n4/6/2024;2\n".encode("cp949"))
    words = ["load", path, "--symbol", "NAV", "--map", "close=NAV"]
    words += ["--date-format", "%d/%m/%Y", "--delimiter", ";", "--encoding", "cp949"]
    refused = foresto_data(home, *words)
    assert refused.exit_code == 2
    assert "'1,5'" in refused.stderr
    path.write_bytes("일자;NAV\n3/6/2024;1.5\n4/6/2024;2\n".encode("cp949"))
    assert foresto_data(home, *words).exit_code == 0
    history = json.loads(foresto_data(home, "history", "--json").stdout)
    assert [row["status"] for row in history[:2]] == ["loaded", "refused"]
    assert history[0]["options"]["date_format"] == "%d/%m/%Y"
    assert "nav.csv" in foresto_data(home, "history").output


def test_a_mapping_without_equals_is_a_usage_error(home: Path, good: Path) -> None:
    result = foresto_data(home, "load", good, "--map", "close")
    assert result.exit_code == 2
    assert "FIELD=HEADER" in result.output


def test_quality_writes_json_and_html(home: Path, good: Path, tmp_path: Path) -> None:
    foresto_data(home, "load", good)
    page = tmp_path / "quality.html"
    result = foresto_data(home, "quality", "069500", "--json", "--html", page)
    assert json.loads(result.stdout)["passed"] is True
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_unknown_symbol_is_an_error(home: Path) -> None:
    result = foresto_data(home, "quality", "069501")
    assert "Unknown loaded symbol" in str(result.exception)


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys; from foresto_lab.cli.main import foresto;"
        "foresto.main(['data', 'load', '--help'], standalone_mode=False);"
        "heavy = {'pandas', 'pyarrow', 'numba', 'sqlalchemy', 'exchange_calendars'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stderr.strip() == "[]"
    assert "--drop-zero-rows" in run.stdout


def test_a_damaged_file_is_named_dropped_and_loaded_again(
    tmp_path: Path, good: Path
) -> None:
    home = tmp_path / "own"
    foresto_data(home, "load", good)
    sound = foresto_data(home, "repair", "--yes")
    assert "nothing was dropped" in sound.output
    (stored,) = (home / "data" / "lake" / "daily_price").rglob("*.parquet")
    stored.write_bytes(stored.read_bytes()[:-8])
    again = foresto_data(home, "load", good)
    assert "foresto data repair" in again.stderr
    repaired = foresto_data(home, "repair", "--yes")
    assert stored.name in repaired.output
    assert foresto_data(home, "load", good).exit_code == 0
    assert "069500" in foresto_data(home, "list").output


def test_compacting_changes_no_row(home: Path, good: Path) -> None:
    foresto_data(home, "load", good)
    before = foresto_data(home, "list", "--json").stdout
    assert foresto_data(home, "compact").exit_code == 0
    assert foresto_data(home, "list", "--json").stdout == before
