"""The main job on real prices: load, map, simulate, find again, reproduce."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.cli.main import global_options_first, main
from foresto_lab.errors import PreflightError, RunNotFoundError, UnknownNameError
from foresto_lab.lab import Lab

Foresto = Callable[..., tuple[int, str, str]]
US = {"equity": "SPY", "bond": "IEF", "cash": "BIL", "gold": "GLD", "other": "DBC"}


@pytest.fixture(scope="module")
def lab(
    either_store: str | None,
    shared_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Lab:
    lab = fl.open_lab(tmp_path_factory.mktemp("workbench"))
    source = shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet"
    lab.load_prices(source, calendar="XNYS")
    lab.map_instruments(**US)
    return lab


def test_a_load_makes_its_symbols_known_with_their_calendar(lab: Lab) -> None:
    known = lab.instruments()
    assert known.loc["SPY", "calendar"] == "XNYS"
    assert known.loc["SPY", "currency"] == "USD"
    assert known.loc["SPY", "asset_class"] == "equity"
    assert known.loc["SPY", "stands_for"] == "equity"
    assert known.loc["TLT", "asset_class"] == "unclassified"


def test_a_lab_run_has_the_numbers_of_the_pure_simulation(
    lab: Lab, us_prices: pd.DataFrame
) -> None:
    rule = fl.Periodic("MONTHLY", cost_rate=0.001)
    run = lab.simulate("MIN_VOL", start="2010-01-04", rebalancing=rule)
    pure = fl.simulate(
        us_prices.loc["2010-01-04":],
        dict(lab.scenario("MIN_VOL").weights),
        rule,
        calendar="XNYS",
    )
    assert run.calendar == "XNYS"
    pd.testing.assert_frame_equal(
        run.path, pure.path, check_exact=True, check_freq=False
    )
    assert dict(run.summary) == dict(pure.summary)
    assert run.run_id is not None


def test_the_same_request_is_answered_by_the_run_that_is_there(lab: Lab) -> None:
    first = lab.simulate("GROWTH", start="2012-01-03", rebalancing="DRIFT_5")
    again = lab.simulate("growth", start="2012-01-03", rebalancing="drift_5")
    assert again.run_id == first.run_id
    pd.testing.assert_frame_equal(again.path, first.path, check_exact=True)
    pd.testing.assert_frame_equal(again.events, first.events, check_exact=True)
    assert dict(again.summary) == dict(first.summary)
    assert again.findings == first.findings
    forced = lab.simulate(
        "GROWTH", start="2012-01-03", rebalancing="DRIFT_5", force=True
    )
    assert forced.run_id != first.run_id
    assert forced.request_hash == first.request_hash


def test_a_run_reproduces_after_newer_prices_have_come(
    lab: Lab, tmp_path: Path
) -> None:
    run = lab.simulate("DEFENSIVE", start="2015-01-02", rebalancing="QUARTERLY")
    newer = tmp_path / "SPY.csv"
    newer.write_text("date,close\n2025-09-26,1.0\n", encoding="utf-8")
    lab.load_prices(newer)
    assert lab.instruments().loc["SPY", "calendar"] == "XNYS"
    reproduction = lab.reproduce(run.run_id or "")
    assert reproduction.identical, str(reproduction)
    assert reproduction.values_compared > 9 * len(run.path)
    fresh = lab.simulate("DEFENSIVE", start="2015-01-02", rebalancing="QUARTERLY")
    assert fresh.run_id != run.run_id
    assert fresh.summary["total_return"] < run.summary["total_return"]


def test_what_cannot_run_says_every_reason_and_leaves_no_run(lab: Lab) -> None:
    before = len(lab.runs())
    with pytest.raises(PreflightError) as caught:
        lab.simulate({"SPX": 0.5, "IEE": 0.5})
    assert [f.where for f in caught.value.findings] == ["SPX", "IEE"]
    with pytest.raises(UnknownNameError):
        lab.simulate("MIN_VOLL")
    with pytest.raises(PreflightError, match="NO_PRICES_IN_SPAN"):
        lab.simulate("MIN_VOL", start="2000-01-03", end="2000-02-03")
    with pytest.raises(PreflightError, match="2007-05-30, 1860 sessions after"):
        lab.simulate("MIN_VOL", start="2000-01-03")
    assert len(lab.runs()) == before


def test_two_runs_are_told_apart_by_what_differs(lab: Lab) -> None:
    left = lab.simulate("GROWTH", start="2012-01-03", rebalancing="MONTHLY")
    right = lab.simulate("GROWTH", start="2012-01-03", rebalancing="QUARTERLY")
    where = {d.where for d in lab.diff(left.run_id or "", right.run_id or "")}
    assert "request.rebalancing.frequency" in where
    assert "summary.cagr" in where
    assert "request.start" not in where


def test_without_the_store_nothing_is_kept(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESTO_USE_SIM_STORE", "false")
    storeless = fl.open_lab(lab.home)
    before = len(storeless.runs())
    result = storeless.simulate("GROWTH", start="2020-01-02")
    assert result.run_id is None
    assert np.isfinite(result.summary["cagr"])
    assert len(storeless.runs()) == before


def test_a_deleted_run_is_gone(lab: Lab) -> None:
    run = lab.simulate("MIN_VOL", start="2021-01-04")
    lab.delete_run(run.run_id or "")
    with pytest.raises(RunNotFoundError):
        lab.run(run.run_id or "")


# --- the same by the command line -------------------------------------------------


@pytest.fixture
def foresto(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Foresto:
    def run(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*args, "--home", str(lab.home)])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_simulate_prints_the_figures_and_the_run(foresto: Foresto, lab: Lab) -> None:
    status, out, _ = foresto(
        "simulate", "MIN_VOL", "--start", "2015-01-02", "--rule", "MONTHLY", "--json"
    )
    assert status == 0
    printed = json.loads(out)
    run = lab.run(printed["run_id"])
    assert printed["summary"]["cagr"] == run.summary["cagr"]
    status, out, _ = foresto("simulate", "MIN_VOL", "--start", "2015-01-02")
    assert status == 0
    assert "Max" in out or "drawdown" in out


def test_runs_are_listed_shown_compared_and_reproduced(
    foresto: Foresto, lab: Lab
) -> None:
    left = lab.simulate("GROWTH", start="2016-01-04", rebalancing="MONTHLY").run_id
    right = lab.simulate("GROWTH", start="2016-01-04").run_id
    assert left
    assert right
    status, out, _ = foresto("runs", "list")
    assert status == 0
    assert left in out
    status, out, _ = foresto("runs", "show", left)
    assert status == 0
    assert "request hash" in out
    status, out, _ = foresto("runs", "diff", left, right, "--json")
    assert status == 0
    assert any(d["where"] == "summary.cagr" for d in json.loads(out))
    status, out, _ = foresto("runs", "reproduce", left)
    assert status == 0
    assert "to the last bit" in out
    status, _, err = foresto("runs", "show", "nothing")
    assert status == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["simulate", "MINVOL"], "Did you mean MIN_VOL"),
        (["simulate", "MIN_VOL", "--rule", "MONTLY"], "Did you mean MONTHLY"),
        (["simulate", "MIN_VOL", "--start", "soon"], "not a date"),
        (["simulate", "MIN_VOL", "--start", "2024-01-02", "--end", "2023-01-02"], "af"),
        (["simulate", "MIN_VOL", "--initial-amount", "-1"], "initial_amount"),
        (["instruments", "map", "equty=SPY"], "Did you mean equity"),
        (["instruments", "map", "equity"], "CLASS=SYMBOL"),
        (["rules", "save", "X", "--threshold", "1.5"], "threshold"),
        (["rules", "save", "X", "--frequency", "DAILY"], "DAILY"),
        (["rules", "save", "X"], "--frequency"),
        (["simulat"], "Did you mean simulate"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence_and_an_exit_code(
    foresto: Foresto,
    args: list[str],
    words: str,
) -> None:
    status, _, err = foresto(*args)
    assert status != 0
    assert words in err
    assert "Traceback" not in err


def test_definitions_are_listed_as_tables_and_json(foresto: Foresto) -> None:
    for group in ("scenarios", "rules", "instruments"):
        status, out, _ = foresto(group)
        assert status == 0
        assert len(out.splitlines()) > 3
        status, out, _ = foresto(group, "list", "--json")
        assert status == 0
        assert json.loads(out)
    status, out, _ = foresto("scenarios", "show", "growth")
    assert status == 0
    assert "SPY" in out
    status, out, _ = foresto("preflight", "GROWTH", "--end", "2030-01-02")
    assert status == 0
    assert "END_NOT_REACHED" in out


def test_a_saved_rule_is_there_by_its_name(foresto: Foresto, lab: Lab) -> None:
    status, _, _ = foresto(
        *["rules", "save", "HOUSE", "--frequency", "QUARTERLY", "--threshold", "0.1"],
        *["--relative", "--mode", "ANY", "--cost-rate", "0.0005"],
    )
    assert status == 0
    expected = fl.Hybrid(
        fl.Periodic("QUARTERLY", cost_rate=0.0005),
        fl.Drift(0.1, relative=True, cost_rate=0.0005),
        "ANY",
    )
    assert lab.rule("house") == expected


def test_global_options_may_stand_anywhere_before_two_dashes() -> None:
    given = ["runs", "list", "--home", "X", "--debug", "--", "--home", "Y"]
    assert global_options_first(given) == [
        *["--home", "X", "--debug", "runs", "list", "--", "--home", "Y"]
    ]
