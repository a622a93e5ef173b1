"""What the health of a store tells, and its smoke test, on both stores.

The sessions of the Korean exchange that it counts are those of 2 to 12 January 2024:
four of the first week and five of the second.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

import foresto_lab as fl
from foresto_lab.cli.main import main
from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.lab import Lab
from foresto_lab.smoke import smoke_test
from foresto_lab.storage.postgresql.months import make_months, spans_ahead
from tests.contracts.run_store import new_record, small_artifacts

FIRST_WEEK = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
SECOND_WEEK = ("2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12")
SESSIONS = FIRST_WEEK + SECOND_WEEK
MONDAY_AFTER = "2024-01-15"
HISTORIES = {
    "whole": SESSIONS,
    "gappy": tuple(d for d in SESSIONS if d not in {"2024-01-04", "2024-01-09"}),
    "stopped": FIRST_WEEK,
}

OWNED = "WHERE run_id = %s"


@pytest.fixture
def lab(either_new_store: str | None, tmp_path: Path) -> Iterator[Lab]:
    """Return a store with three histories: whole, gappy and stopped."""
    home = tmp_path / "home"
    home.mkdir()
    opened = fl.open_lab(home)
    file = tmp_path / "prices.csv"
    lines = [
        f"{day},{symbol},{100 + place}"
        for symbol, days in HISTORIES.items()
        for place, day in enumerate(days)
    ]
    file.write_text("date,symbol,close\n" + "\n".join(lines) + "\n")
    opened.load_prices(file)
    yield opened
    opened.storage.close()


def found(lab: Lab, **asked: object) -> dict[str, Finding]:
    """Return the findings of one kind each, but for those of classes and of months."""
    findings = lab.health(as_of=MONDAY_AFTER, **asked).findings  # type: ignore[arg-type]
    often = {"NO_PRICES", "PARTITION_HEADROOM"}
    kept = [item for item in findings if item.code not in often]
    assert len({item.code for item in kept}) == len(kept)
    return {item.code: item for item in kept}


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0), capsys.readouterr().out


# --- prices -----------------------------------------------------------------------


def test_coverage_counts_the_sessions_of_the_calendar(lab: Lab) -> None:
    coverage = lab.health(as_of=MONDAY_AFTER).coverage.set_index("symbol")
    assert coverage.loc[["whole", "gappy", "stopped"], "row_count"].tolist() == [
        9,
        7,
        4,
    ]
    assert coverage["expected_count"].to_dict() == {
        "whole": 9,
        "gappy": 9,
        "stopped": 4,
    }
    assert coverage["missing_count"].to_dict() == {"whole": 0, "gappy": 2, "stopped": 0}
    assert coverage["lag_sessions"].to_dict() == {"whole": 0, "gappy": 0, "stopped": 5}
    assert coverage.loc["gappy", "coverage"] == 7 / 9


def test_gaps_are_told_with_their_sessions_the_newest_first(lab: Lab) -> None:
    gaps = found(lab)["HISTORY_GAPS"]
    assert (gaps.where, gaps.count) == ("gappy", 2)
    assert gaps.samples == ("2024-01-09", "2024-01-04")


def test_an_instrument_is_stale_after_more_sessions_than_allowed(lab: Lab) -> None:
    assert "STALE_INSTRUMENT" not in found(lab, stale_sessions=5)
    stale = found(lab, stale_sessions=4)["STALE_INSTRUMENT"]
    assert (stale.where, stale.count) == ("stopped", 1)
    assert stale.samples == ("stopped 2024-01-05 (5 sessions)",)


def test_a_session_counts_when_it_is_over_everywhere(lab: Lab) -> None:
    """On Friday the 12th only the four sessions to Thursday are over."""
    coverage = lab.health(as_of="2024-01-12").coverage.set_index("symbol")
    assert coverage.loc["stopped", "lag_sessions"] == 4


def test_returns_are_missing_until_they_are_brought_along(lab: Lab) -> None:
    missing = found(lab)["RETURNS_MISSING"]
    assert missing.count == (9 - 1) + (7 - 1) + (4 - 1)
    lab.update_returns()
    assert "RETURNS_MISSING" not in found(lab)


def test_a_class_whose_instrument_has_no_prices_is_told(lab: Lab) -> None:
    lab.map_instruments(equity="whole", bond="gappy")
    told = {
        item.where
        for item in lab.health(as_of=MONDAY_AFTER).findings
        if item.code == "NO_PRICES"
    }
    assert told == {"cash", "gold", "other"}


def test_wrong_questions_are_refused(lab: Lab) -> None:
    with pytest.raises(InputError, match="no date or instant"):
        lab.health(as_of="yesterday")
    with pytest.raises(UnknownNameError, match="stale_sessions"):
        lab.health(stale_session=3)
    with pytest.raises(AmountError, match="months_ahead"):
        lab.health(months_ahead=-1)


def test_an_empty_store_is_healthy(
    either_new_store: str | None, tmp_path: Path
) -> None:
    empty = fl.open_lab(tmp_path / "empty")
    report = empty.health()
    assert report.passed
    assert {item.code for item in report.findings} <= {
        "NO_PRICES",
        "PARTITION_HEADROOM",
    }
    assert report.numbers["row_count"] == 0
    empty.storage.close()


# --- runs -------------------------------------------------------------------------


def test_a_run_without_a_sign_of_life_is_an_error(lab: Lab) -> None:
    begun = datetime.now(UTC)
    record = new_record(created_at=begun, expires_at=begun + timedelta(days=1))
    lab.storage.runs.begin(record)
    later = begun + timedelta(minutes=30)
    report = lab.health(as_of=later)
    silent = [item for item in report.findings if item.code == "SILENT_RUN"]
    assert [item.where for item in silent] == [record.run_id]
    assert report.exit_code() == 3
    assert not [
        item
        for item in lab.health(as_of=later, silent_minutes=40).findings
        if item.code == "SILENT_RUN"
    ]
    lab.storage.runs.fail(record.run_id, "stopped by hand")
    assert "SILENT_RUN" not in {item.code for item in lab.health(as_of=later).findings}


def lose_artifacts(lab: Lab, run_id: str) -> None:
    """Remove what a run has stored, behind the store's back."""
    if lab.storage.database.dialect == "sqlite":
        shutil.rmtree(lab.home / "data" / "runs" / run_id)
        return
    with lab.storage.postgres.connection(autocommit=True) as connection:
        for table in ("run_artifact", "simulation_path"):
            connection.exec_driver_sql(
                f"DELETE FROM {table} WHERE run_id = %s", (run_id,)
            )


def lose_registration(lab: Lab, run_id: str) -> None:
    """Remove a run's row and leave what it has stored, behind the store's back."""
    if lab.storage.database.dialect == "sqlite":
        with lab.storage.database.writing() as session:
            session.connection().exec_driver_sql(
                "DELETE FROM simulation_run WHERE run_id = ?", (run_id,)
            )
        return
    with lab.storage.postgres.connection(autocommit=True) as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(f"DELETE FROM simulation_run {OWNED}", (run_id,))
        connection.exec_driver_sql("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize(
    ("lose", "code", "severity"),
    [
        (lose_artifacts, "ARTIFACT_MISSING", "error"),
        (lose_registration, "ORPHAN_ARTIFACT", "warning"),
    ],
)
def test_what_was_lost_behind_the_stores_back_is_told(
    lab: Lab, lose: Callable[[Lab, str], None], code: str, severity: str
) -> None:
    run = lab.simulate({"whole": 0.5}, end="2024-01-12")
    assert run.run_id is not None
    assert code not in {item.code for item in lab.health().findings}
    lose(lab, run.run_id)
    later = datetime.now(UTC) + timedelta(days=2)
    told = [item for item in lab.health(as_of=later).findings if item.code == code]
    assert [(item.severity, item.samples) for item in told] == [
        (severity, (run.run_id,))
    ]


def test_a_run_whose_series_were_cleaned_up_has_lost_nothing(lab: Lab) -> None:
    record = new_record(
        created_at=datetime.now(UTC) - timedelta(days=100),
        path_expires_at=datetime.now(UTC) - timedelta(days=40),
    )
    lab.storage.runs.begin(record)
    lab.storage.runs.complete(record.run_id, small_artifacts())
    lab.clean_up()
    assert lab.storage.runs.record(record.run_id).path_deleted_at is not None
    assert "ARTIFACT_MISSING" not in {item.code for item in lab.health().findings}


# --- months -----------------------------------------------------------------------


def test_months_run_out_only_where_there_are_months(lab: Lab) -> None:
    told = {
        item.where: item.details
        for item in lab.health(months_ahead=1000).findings
        if item.code == "PARTITION_HEADROOM"
    }
    if lab.storage.database.dialect == "sqlite":
        assert told == {}
    else:
        assert set(told) == {
            "daily_price",
            "daily_return",
            "simulation_path",
            "candles_history",
            "backtest_equity",
        }
        today = datetime.now(UTC).date()
        make_months(lab.storage.postgres, spans_ahead(today, 6), today=today)
        assert not [
            item
            for item in lab.health(months_ahead=6).findings
            if item.code == "PARTITION_HEADROOM"
        ]


# --- the commands -----------------------------------------------------------------


def test_quality_is_json_and_an_exit_code_for_cron(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path / "home")
    asked = ("db", "quality", "--as-of", MONDAY_AFTER)
    status, out = command(capsys, *asked, "--json")
    told = json.loads(out)
    assert status == 0
    assert told["passed"]
    assert (told["row_count"], told["missing_count"]) == (20, 2)
    assert {"HISTORY_GAPS", "RETURNS_MISSING"} <= {f["code"] for f in told["findings"]}
    assert [row["row_count"] for row in told["coverage"]] == [7, 4, 9]
    assert command(capsys, *asked, "--fail-on", "warning")[0] == 3
    status, out = command(capsys, *asked, "--fail-on", "never")
    assert status == 0
    assert "HISTORY_GAPS" in out
    assert "RETURNS_MISSING" in out


def test_the_smoke_test_passes_and_tells_what_fails(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path / "home")
    run = lab.simulate({"whole": 0.5}, end="2024-01-12")
    status, out = command(capsys, "db", "smoke", "--json")
    told = json.loads(out)
    assert status == 0
    assert told["passed"]
    assert {step["name"] for step in told["steps"]} == {
        "definitions",
        "prices",
        "buy and hold",
        "rebalancing",
        "kept run",
        "newest run",
    }
    lose_artifacts(lab, str(run.run_id))
    status, out = command(capsys, "db", "smoke", "--json")
    failed = [step for step in json.loads(out)["steps"] if not step["passed"]]
    assert status == 3
    assert [step["name"] for step in failed] == ["newest run"]
    assert "Traceback" not in out


def test_the_smoke_test_writes_nothing(lab: Lab) -> None:
    before = lab.runs(), lab.coverage(), lab.scenarios()
    assert smoke_test(lab).passed
    after = lab.runs(), lab.coverage(), lab.scenarios()
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))


def test_a_database_that_is_gone_is_one_line(
    postgresql_server: object, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = postgresql_server.url("not_there")  # type: ignore[attr-defined]
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path), "db", "quality", "--database-url", url])
    said = capsys.readouterr().err
    assert ended.value.code not in {0, 3}
    assert "not_there" in said
    assert "Traceback" not in said
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
