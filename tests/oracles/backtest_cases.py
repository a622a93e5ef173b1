"""Random backtests: candles that could be, signals, and every option there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import foresto_lab as fl
from foresto_lab.strategies import Signals, parse_sizing
from tests.oracles.backtest_reference import Settings


@st.composite
def candle_frames(
    draw: Any, least: int = 1, most: int = 40, roughness: float = 0.05
) -> pd.DataFrame:
    """Draw candles whose prices wander, with gaps between bars now and then."""
    n_bars = draw(st.integers(least, most))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    steps = random.normal(0.0, roughness, n_bars)
    close = np.round(100.0 * np.exp(np.cumsum(steps)), 2)
    opening = np.concatenate(([100.0], close[:-1]))
    gaps = random.random(n_bars) < 0.3
    opening = np.round(
        opening * np.where(gaps, random.normal(1, roughness, n_bars), 1), 2
    )
    high = np.round(
        np.maximum(opening, close) * (1 + abs(random.normal(0, roughness / 2, n_bars))),
        2,
    )
    low = np.round(
        np.minimum(opening, close) / (1 + abs(random.normal(0, roughness / 2, n_bars))),
        2,
    )
    index = pd.date_range("2024-01-01", periods=n_bars, freq="1h", tz="UTC")
    return pd.DataFrame(
        {"open": opening, "high": high, "low": low, "close": close, "volume": 1.0},
        index.as_unit("us"),
    )


@st.composite
def signal_bits(draw: Any, n_bars: int) -> np.ndarray[Any, Any]:
    """Draw the signals of each bar: usually none, sometimes several at once."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    often = draw(st.sampled_from([0.1, 0.3, 0.7]))
    bits = random.integers(1, 16, n_bars)
    only_one = random.random(n_bars) < 0.8
    bits = np.where(only_one, 2 ** random.integers(0, 4, n_bars), bits)
    return np.where(random.random(n_bars) < often, bits, 0).astype(np.uint8)


@st.composite
def settings(draw: Any, n_bars: int) -> Settings:
    """Draw options, each on its own."""
    rate = st.sampled_from([0.0, 0.0004, 0.01])
    stop = draw(st.sampled_from([None, 0.01, 0.03, 0.1]))
    sizings = [
        ("all_in",),
        ("fraction_of_equity", 0.3),
        ("fixed_amount", 2_500.0),
        ("volatility_target", 0.5, 5),
    ]
    if stop is not None:
        sizings.append(("fixed_risk", 0.02))
    taxes: Any = draw(st.sampled_from([0.0, 0.002, "dated"]))
    if taxes == "dated":
        taxes = [0.003 if bar < 24 else 0.001 for bar in range(n_bars)]
    return Settings(
        capital=draw(st.sampled_from([150.0, 10_000.0])),
        fill=draw(st.sampled_from(["next_open", "close"])),
        fee=draw(rate),
        maker_fee=draw(st.sampled_from([None, 0.0, 0.0002])),
        slippage=draw(st.sampled_from([0.0, 0.001, 0.02])),
        tax=taxes,
        funding=draw(
            st.dictionaries(
                st.integers(1, max(n_bars - 1, 1)),
                st.sampled_from([0.0001, 0.01, -0.003]),
                max_size=3,
            )
        ),
        leverage=draw(st.sampled_from([1.0, 2.5, 10.0, 20.0])),
        maintenance=draw(st.sampled_from([0.0, 0.005, 0.02])),
        sizing=draw(st.sampled_from(sizings)),
        lot=draw(st.sampled_from([0.0, 1.0, 0.1])),
        minimum_order=draw(st.sampled_from([0.0, 500.0])),
        on_opposite=draw(st.sampled_from(["reverse", "close", "ignore"])),
        allow_short=draw(st.booleans()),
        max_entries=draw(st.sampled_from([1, 3])),
        stop=stop,
        target=draw(st.sampled_from([None, 0.01, 0.05])),
        trail=draw(st.sampled_from([None, 0.02, 0.1])),
        time_stop=draw(st.sampled_from([None, 1, 2, 7])),
    )


@st.composite
def cases(
    draw: Any, least: int = 1, most: int = 40, *, finer: bool = False
) -> tuple[pd.DataFrame, np.ndarray[Any, Any], Settings, pd.DataFrame | None]:
    """Draw candles, signals, options and perhaps candles within the candles."""
    if not finer:
        frame = draw(candle_frames(least, most))
        bits = draw(signal_bits(len(frame)))
        return frame, bits, draw(settings(len(frame))), None
    fine = draw(candle_frames(4 * least, 4 * most, 0.03))
    fine = fine.set_axis(
        pd.date_range("2024-01-01", periods=len(fine), freq="15min", tz="UTC").as_unit(
            "us"
        )
    )
    rules = {"open": "first", "high": "max", "low": "min", "close": "last"}
    frame = fine.resample("1h").agg(rules).assign(volume=1.0)
    bits = draw(signal_bits(len(frame)))
    given = draw(settings(len(frame)))
    dropped = draw(st.booleans())
    kept = fine.iloc[4:] if dropped else fine
    for bar, hour in enumerate(frame.index):
        part = kept[kept.index.floor("1h") == hour]
        given.finer[bar] = list(
            part[["open", "high", "low"]].itertuples(index=False, name=None)
        )
    return frame, bits, given, kept


def execution_of(
    given: Settings, frame: pd.DataFrame, finer: pd.DataFrame | None = None
) -> fl.Execution:
    """Return the execution that has these options."""
    tax: Any = given.tax
    if isinstance(tax, list):
        tax = {"2024-01-01": 0.003, "2024-01-02": 0.001}
    funding = None
    bars = [bar for bar in sorted(given.funding) if bar < len(frame)]
    if bars:
        rates = [given.funding[bar] for bar in bars]
        funding = pd.Series(rates, frame.index[bars], dtype=float)
    kind, *numbers = given.sizing
    names = {
        "all_in": (),
        "fraction_of_equity": ("fraction",),
        "fixed_amount": ("amount",),
        "fixed_risk": ("fraction",),
        "volatility_target": ("annual", "lookback"),
    }[kind]
    return fl.Execution(
        fill=given.fill,  # type: ignore[arg-type]
        fee_rate=given.fee,
        maker_fee_rate=given.maker_fee,
        slippage_bps=given.slippage * 1e4,
        sell_tax_rate=tax,
        funding=funding,
        leverage=given.leverage,
        maintenance_margin_rate=given.maintenance,
        sizing=parse_sizing({"type": kind, **dict(zip(names, numbers, strict=True))}),
        lot_size=given.lot,
        minimum_order=given.minimum_order,
        on_opposite=given.on_opposite,  # type: ignore[arg-type]
        allow_short=given.allow_short,
        max_entries=given.max_entries,
        stop_loss=given.stop,
        take_profit=given.target,
        trailing_stop=given.trail,
        time_stop=given.time_stop,
        finer=finer,
    )


def run_engine(
    frame: pd.DataFrame,
    bits: np.ndarray[Any, Any],
    given: Settings,
    finer: pd.DataFrame | None = None,
) -> fl.BacktestResult:
    """Return the backtest of a case."""
    return fl.backtest(
        frame,
        Signals(bits),
        execution_of(given, frame, finer),
        initial_capital=given.capital,
    )
