"""The sample is what its metadata says: simulated, whole, and fitted to its sources."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "sample"
PRICE_FILE = FOLDER / "SIMULATED_daily_prices.parquet"
SIZE_LIMIT = 1_500_000
DAMODARAN_COLUMNS = {
    "SIM_EQUITY": "sp500",
    "SIM_BOND": "tbond10y",
    "SIM_CASH": "tbill3m",
    "SIM_GOLD": "gold",
}


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    return json.loads((FOLDER / "metadata.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_parquet(PRICE_FILE)


@pytest.fixture(scope="module")
def log_returns(rows: pd.DataFrame) -> pd.DataFrame:
    closes = rows.pivot(index="date", columns="symbol", values="adj_close")
    return np.log(closes).diff().iloc[1:]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_sample", FOLDER / "make_sample.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_file_says_that_it_is_simulated(
    rows: pd.DataFrame, metadata: dict[str, Any]
) -> None:
    schema = pq.read_schema(PRICE_FILE).metadata
    assert schema[b"simulated"] == b"true"
    assert schema[b"title"].startswith(b"SIMULATED")
    assert rows["label"].str.startswith("SIMULATED").all()
    assert rows["symbol"].str.startswith("SIM_").all()
    assert all(instrument["simulated"] for instrument in metadata["instruments"])


def test_the_checksum_and_the_size(metadata: dict[str, Any]) -> None:
    content = PRICE_FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == metadata["sha256"]
    assert len(content) < SIZE_LIMIT


def test_every_bar_is_one_that_a_market_could_print(rows: pd.DataFrame) -> None:
    prices = rows[["open", "high", "low", "close"]]
    assert (prices > 0).all(axis=None)
    assert (rows["high"] == prices.max(axis="columns")).all()
    assert (rows["low"] == prices.min(axis="columns")).all()
    assert (rows["volume"] > 0).all()
    assert (prices % 5 == 0).all(axis=None)


def test_every_fund_has_every_session_of_the_exchange(
    rows: pd.DataFrame, shared_data: Path
) -> None:
    answers = pd.read_csv(shared_data / "calendars" / "xkrx.csv.gz", index_col=0)
    sessions = pd.DatetimeIndex(answers.index).tz_localize(None)
    sessions = sessions[(sessions >= "2010-01-04") & (sessions <= "2024-12-30")]
    for _, fund in rows.groupby("symbol"):
        assert list(pd.DatetimeIndex(fund["date"])) == list(sessions)


def test_the_targets_are_the_published_figures(
    metadata: dict[str, Any], shared_data: Path
) -> None:
    file = shared_data / "longrun_damodaran" / "annual_returns_1928_2023.csv"
    annual = pd.read_csv(file, index_col="year")
    growth = (1 + annual).prod() ** (1 / len(annual)) - 1
    targets = metadata["targets"]["funds"]
    for symbol, column in DAMODARAN_COLUMNS.items():
        assert targets[symbol]["annual_return"] == pytest.approx(
            growth[column], abs=5e-5
        )
        if symbol != "SIM_CASH":
            spread = annual[column].std(ddof=1)
            assert targets[symbol]["volatility"] == pytest.approx(spread, abs=5e-5)
    correlation = annual.corr()
    for pair, target in metadata["targets"]["correlations"].items():
        first, second = pair.split("/")
        if first in DAMODARAN_COLUMNS and second in DAMODARAN_COLUMNS:
            published = correlation.loc[
                DAMODARAN_COLUMNS[first], DAMODARAN_COLUMNS[second]
            ]
            assert target["value"] == pytest.approx(published, abs=5e-4)


def test_the_returns_and_volatilities_are_the_targets(
    log_returns: pd.DataFrame, metadata: dict[str, Any]
) -> None:
    years = (pd.Timestamp("2024-12-30") - pd.Timestamp("2010-01-04")).days / 365.25
    growth = np.exp(log_returns.sum() / years) - 1
    volatility = log_returns.std(ddof=1) * np.sqrt(252)
    for symbol, target in metadata["targets"]["funds"].items():
        assert growth[symbol] == pytest.approx(target["annual_return"], abs=1e-4)
        if target["volatility"]:
            assert volatility[symbol] == pytest.approx(target["volatility"], rel=2e-3)
        else:
            assert volatility[symbol] < 0.005


def test_the_correlations_are_the_targets(
    log_returns: pd.DataFrame, metadata: dict[str, Any]
) -> None:
    correlation = log_returns.corr()
    for pair, target in metadata["targets"]["correlations"].items():
        first, second = pair.split("/")
        assert correlation.loc[first, second] == pytest.approx(
            target["value"], abs=5e-3
        )


def test_the_risky_funds_have_fat_tails_and_clustered_volatility(
    log_returns: pd.DataFrame, metadata: dict[str, Any]
) -> None:
    low, high = metadata["targets"]["tail_index"]["range"]
    for symbol in ("SIM_EQUITY", "SIM_BOND", "SIM_GOLD", "SIM_OTHER"):
        moves = log_returns[symbol]
        sizes = np.sort(moves.abs())[::-1][: len(moves) // 20 + 1]
        tail_index = 1 / np.mean(np.log(sizes[:-1] / sizes[-1]))
        assert low < tail_index < high
        assert moves.kurt() > 1
        assert moves.abs().rolling(5).mean().autocorr(5) > 0.1
        assert abs(moves.autocorr(1)) < 0.05
        assert moves.abs().max() < 0.3


def test_losses_in_equity_raise_its_volatility(log_returns: pd.DataFrame) -> None:
    equity = log_returns["SIM_EQUITY"]
    ahead = equity.abs().rolling(10).mean().shift(-10)
    assert equity.corr(ahead) < -0.03


def test_the_generator_makes_the_file_again(
    rows: pd.DataFrame, generator: ModuleType
) -> None:
    made = generator.make_prices()
    assert list(made["symbol"]) == list(rows["symbol"])
    assert list(made["date"]) == list(rows["date"])
    fields = ["open", "high", "low", "close", "adj_close"]
    difference = (made[fields] - rows[fields]).abs()
    # Other machines round the last bit of a logarithm otherwise: one tick, rarely.
    assert difference.max(axis=None) <= generator.TICK
    assert (difference > 0).mean(axis=None) < 1e-3


def test_another_seed_makes_other_prices_with_the_same_figures(
    generator: ModuleType,
) -> None:
    achieved = generator.measure(generator.make_prices(seed=3))["funds"]
    for fund in generator.FUNDS:
        assert achieved[fund.symbol]["annual_return"] == pytest.approx(
            fund.annual_return, abs=1e-4
        )
