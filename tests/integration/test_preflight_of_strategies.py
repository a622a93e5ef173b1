"""Preflight through the lab and the command, on both stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import foresto_lab as fl
from foresto_lab.cli.main import main

NEVER: dict[str, Any] = {
    "name": "never",
    "indicators": [{"name": "rsi"}],
    "buyConditions": [{"left": "rsi", "operator": "<", "right": 5}],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
}


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, either_store: str | None
) -> Iterator[fl.Lab]:
    lab = fl.open_lab(tmp_path_factory.mktemp("home"), either_store)
    lab.storage.candles.load_candles(hours("PREFLIGHT", 1_200))
    yield lab
    lab.storage.close()


def hours(symbol: str, bars: int) -> pa.Table:
    random = np.random.default_rng(4)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, bars)))
    times = pd.date_range("2024-01-01", periods=bars, freq="h", tz="UTC")
    return pa.table(
        {
            "symbol": [symbol] * bars,
            "timeframe": ["1h"] * bars,
            "open_time": pa.array(times.as_unit("us")),
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": np.ones(bars),
        }
    )


ASKED: dict[str, Any] = {"symbols": ["PREFLIGHT"], "timeframe": "1h"}


def test_a_strategy_on_stored_candles_is_counted_as_it_trades(lab: fl.Lab) -> None:
    report = lab.preflight("rsi_reversal", **ASKED)
    assert report.passed, str(report)
    assert report.bars == 1_200
    result = lab.backtest("rsi_reversal", save=False, **ASKED)
    assert report.predicted_trades == len(result.trades) > 0


def test_without_symbols_the_definition_alone_is_checked(lab: fl.Lab) -> None:
    report = lab.preflight("hyperrsi")
    assert report.passed
    assert report.predicted_trades is None


def test_a_stored_strategy_is_found_by_name(lab: fl.Lab) -> None:
    lab.save_strategy(NEVER, name="kept_never")
    report = lab.preflight("kept_never", **ASKED)
    assert report.subject == "kept_never"
    assert report.explanation is not None
    assert report.explanation.reason == "condition_never_held"


@pytest.mark.parametrize(
    ("strategy", "options", "code", "where"),
    [
        ("rsi_reversl", ASKED, "STRATEGY_UNREADABLE", "strategy"),
        ("rsi_reversal", {**ASKED, "symbols": ["X"]}, "CANDLES_REFUSED", "candles"),
        ("rsi_reversal", {**ASKED, "timeframe": "7q"}, "ARGUMENT_REFUSED", "timeframe"),
        (
            "rsi_reversal",
            {**ASKED, "initial_capital": 0},
            "ARGUMENT_REFUSED",
            "initial_capital",
        ),
        (
            "rsi_reversal",
            {**ASKED, "start": "2025-01-01", "end": "2024-01-01"},
            "ARGUMENT_REFUSED",
            "date_range",
        ),
        ({"buyConditions": 3}, ASKED, "CONDITIONS_MALFORMED", "buyConditions"),
        (Path("nowhere.json"), ASKED, "STRATEGY_UNREADABLE", "strategy"),
        (None, ASKED, "STRATEGY_MALFORMED", ""),
    ],
)
def test_what_cannot_be_is_reported_never_raised(
    lab: fl.Lab, strategy: Any, options: Any, code: str, where: str
) -> None:
    report = lab.preflight(strategy, **options)
    found = {(finding.code, finding.where) for finding in report.errors}
    assert (code, where) in found, str(report)


def test_a_scenario_is_still_preflighted_as_such(lab: fl.Lab) -> None:
    with pytest.raises(fl.ForestoError, match="GROWTH"):
        lab.preflight("GROWHT")
    assert "INSTRUMENT_NOT_LOADED" in str(lab.preflight("GROWTH"))


def command(lab: fl.Lab, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(lab.home), "preflight", *words])
    return int(ended.value.code or 0)


def test_the_command_says_it_in_words_and_in_json(
    lab: fl.Lab,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if lab.settings.database_url is not None:
        url = lab.settings.database_url.get_secret_value()
        monkeypatch.setenv("FORESTO_DATABASE_URL", url)
    path = tmp_path / "never.json"
    path.write_text(json.dumps(NEVER), "utf-8")
    asked = ("--symbols", "PREFLIGHT", "--timeframe", "1h")
    assert command(lab, "rsi_reversal", *asked) == 0
    assert "trades expected" in capsys.readouterr().out
    assert command(lab, str(path), *asked, "--capital", "5000") == 1
    said = capsys.readouterr().out
    assert "rsi < 5" in said
    assert "It cannot run as it is." in said
    assert command(lab, str(path), *asked, "--json") == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["explanation"]["reason"] == "condition_never_held"
    assert facts["predicted_trades"] == 0
