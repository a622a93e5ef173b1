"""Whatever a file or a feed holds: candles, or an error that says why; no other."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import CandleTableError, DataFileError
from foresto_lab.market.candle_quality import CANDLE_RULES, check_candles
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources import read_candle_file
from foresto_lab.sources.recent_entries import (
    FIELD_NAMES,
    UnreadableEntriesError,
    parse_entries,
    parse_json_list,
)
from foresto_lab.types import Severity

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["2024-01-02T09:00Z", "1704186000", 1_704_186_000, "100.5"]),
)
NAMES = st.sampled_from([name for names in FIELD_NAMES.values() for name in names])
ENTRIES = st.one_of(
    SCALARS,
    st.dictionaries(NAMES, st.one_of(SCALARS, st.lists(SCALARS, max_size=2))),
    st.fixed_dictionaries({names[0]: SCALARS for names in FIELD_NAMES.values()}),
    st.lists(SCALARS, max_size=8),
)


@settings(deadline=None, max_examples=300)
@given(entries=st.lists(ENTRIES, max_size=4))
def test_a_feed_gives_candles_or_says_why_not(entries: list[Any]) -> None:
    try:
        table = parse_entries(entries, "X", Timeframe("1m"))
    except (UnreadableEntriesError, CandleTableError):
        return
    assert len(table) == len(entries)


@settings(deadline=None, max_examples=200)
@given(text=st.binary(max_size=60))
def test_a_text_is_a_list_or_says_why_not(text: bytes) -> None:
    with contextlib.suppress(UnreadableEntriesError):
        assert isinstance(parse_json_list(text), list)


CELLS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1",
        "2.5",
        "nan",
        "inf",
        "x",
        "2024-01-02T09:00Z",
        '"',
        ";",
        "9e999",
    ]
)
LINES = st.lists(CELLS, max_size=8).map(",".join)


@settings(deadline=None, max_examples=150)
@given(lines=st.lists(LINES, max_size=6), headed=st.booleans())
def test_a_file_gives_rows_or_says_why_not(lines: list[str], headed: bool) -> None:
    header = "time,open,high,low,close,volume\n" if headed else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X_1m.csv"
        path.write_text(header + "\n".join(lines), encoding="utf-8")
        try:
            file = read_candle_file(path)
        except DataFileError:
            return
        assert sum(map(len, file.series)) > 0


PRICES = st.sampled_from([np.nan, -1.0, 0.0, 1.0, 2.0, 3.0, np.inf])


@settings(deadline=None, max_examples=300)
@given(
    bars=st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES, PRICES), max_size=6),
    minutes=st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_rules_and_parser_refuse_the_same(
    bars: list[tuple[float, ...]], minutes: list[int]
) -> None:
    """A candle is one for the quality rules exactly where it is one for the parser."""
    start = pd.Timestamp("2024-01-02", tz="UTC")
    opens = [start + pd.Timedelta(minutes=m) for m in minutes[: len(bars)]]
    frame = pd.DataFrame(
        np.array(bars, dtype=float).reshape(-1, 5),
        columns=["open", "high", "low", "close", "volume"],
        index=pd.DatetimeIndex(opens, tz="UTC"),
    )
    try:
        parse_candles(frame)
        refused = False
    except CandleTableError:
        refused = True
    report = check_candles(frame, "1m")
    errors = {f.code for f in report.findings if f.severity is Severity.ERROR}
    assert errors <= set(CANDLE_RULES)
    assert refused == bool(errors)
