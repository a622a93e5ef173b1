"""Reports on backtests: what they claim, what they show, and a refusal kept."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from foresto_lab.backtest import Execution, backtest
from foresto_lab.errors import InputError
from foresto_lab.reports import backtests
from foresto_lab.reports.trade_table import trade_texts
from foresto_lab.strategies import SIZINGS, Signals


def make_result(length=400, every=10, **execution):
    random = np.random.default_rng(11)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, length)))
    opened = np.concatenate(([100.0], close[:-1]))
    index = pd.date_range("2024-01-01", periods=length, freq="D", tz="UTC")
    frame = pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": 1.0,
        },
        index=index,
    )
    bars = np.arange(length)
    signals = Signals.of(
        long_entry=bars % every == 0,
        long_exit=bars % every == every // 2,
    )
    return backtest(frame, signals, Execution(**execution), symbol="SIM_A")


class OfflineLab:
    """Stands for a lab that refuses one name and backtests the others."""

    def backtest(self, strategy, **options):
        if strategy == "refused":
            raise InputError(message="refused: 0 trades.")
        return make_result()


def embedded(block):
    found = re.search(r'<script type="application/json">(.*?)</script>', block.html)
    packed = json.loads(found[1])
    content = base64.b64decode(packed["data"])
    if packed["gzip"]:
        content = gzip.decompress(content)
    return packed, pd.read_csv(io.BytesIO(content))


def test_the_table_shows_the_latest_trades_and_carries_all_of_them_exactly():
    result = make_result()
    block = backtests.trades(result, language="en")
    assert block.html.count("<tr>") == 13
    _, table = embedded(block)
    assert len(table) == len(result.trades) == 40
    wanted = result.trades.iloc[::-1]
    for name in ("entry_price", "pnl", "return_rate", "max_adverse_excursion"):
        assert table[name].tolist() == wanted[name].tolist()


def test_thousands_of_trades_stay_small():
    result = make_result(length=40_000, every=4)
    block = backtests.trades(result, language="en")
    packed, table = embedded(block)
    assert packed["gzip"]
    assert len(table) == 10_000
    assert len(block.html) < 1_500_000


def test_no_cell_of_the_csv_holds_a_comma():
    result = make_result()
    texts = trade_texts(result.trades.assign(symbol="A,B"))
    assert not texts.apply(lambda column: column.str.contains(",")).any(axis=None)


def test_without_a_trade_it_says_so():
    result = make_result(every=10_000)
    empty = backtest(result.candles, Signals.of(long_entry=np.zeros(400, dtype=bool)))
    assert "no trade" in backtests.trades(empty, language="en").text


def test_infinite_and_undefined_numbers_are_none():
    numbers = backtests.backtest_numbers(make_result())
    json.dumps(numbers, allow_nan=False)
    held = make_result().candles.close
    assert numbers["benchmark_return"] == pytest.approx(held[-1] / held[0] - 1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["own close", "0.05%", "2.5 bp", "fixed risk 1.00%", "2.00%", "3×"]),
        ("ko", ["신호 봉의 종가", "고정 위험 1.00%", "손절", "3배"]),
    ],
)
def test_assumptions_are_said_in_words(language, words):
    result = make_result(
        fill="close",
        fee_rate=0.0005,
        slippage_bps=2.5,
        stop_loss=0.02,
        leverage=3.0,
        sizing={"type": "fixed_risk", "fraction": 0.01},
    )
    text = html.unescape(backtests.assumptions(result, language=language).html)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("sizing", sorted(SIZINGS))
def test_every_size_has_words(sizing):
    numbers = {
        "fraction_of_equity": {"fraction": 0.5},
        "fixed_amount": {"amount": 1000.0},
        "volatility_target": {"annual": 0.2},
    }
    stop = {"stop_loss": 0.02} if sizing == "fixed_risk" else {}
    given = {"type": sizing, **numbers.get(sizing, {})}
    if sizing == "fixed_risk":
        given["fraction"] = 0.01
    result = make_result(sizing=given, **stop)
    for language in ("ko", "en"):
        assert backtests.assumptions(result, language=language).text


def test_a_refused_strategy_keeps_its_reason_and_equal_names_are_numbered():
    runs = backtests.run_strategies(OfflineLab(), ["one", "refused", "two"])
    assert len(runs.results) == 2
    assert len(set(runs.results)) == 2
    assert runs.failures == {"refused": "refused: 0 trades."}
    assert "refused: 0 trades." in backtests.comparison(runs, language="en").html


def test_nothing_to_compare_is_an_error():
    with pytest.raises(InputError, match="0 trades"):
        backtests.run_strategies(OfflineLab(), ["refused"])
    with pytest.raises(InputError, match="none was given"):
        backtests.run_strategies(OfflineLab(), [])
