"""What every CandleStore must do: one test per sentence of the protocol's contract.

A backend's test module subclasses ``CandleStoreContract`` and gives the fixtures
``store`` (a new, empty one) and ``reopen`` (another store on the same data, as another
process would have).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from foresto_lab.errors import (
    InputError,
    QualityError,
    UnknownNameError,
    WriteConflictError,
)
from foresto_lab.market.protocols import (
    CANDLE_COLUMNS,
    CANDLE_FIELDS,
    CandleStore,
)
from foresto_lab.market.timeframes import Timeframe
from tests.contracts.series_store import counts
from tests.oracles.data_versions import following, names_of

Candle = tuple[str, str, datetime, float, float, float, float, float]
"""symbol, timeframe, open time, then open, high, low, close, volume."""

KOREA = timezone(timedelta(hours=9))


def at(text: str) -> datetime:
    """Return an instant from ISO text in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


THREE_SERIES: tuple[Candle, ...] = (
    ("BTCUSDT", "1h", at("2023-12-31T23:00"), 10.0, 12.0, 9.0, 11.0, 100.0),
    ("BTCUSDT", "1h", at("2024-01-01T00:00"), 11.0, 13.0, 10.0, 12.0, 200.0),
    ("BTCUSDT", "1m", at("2023-12-31T23:59"), 10.5, 11.0, 10.0, 11.0, 5.0),
    ("BTCUSDT", "1m", at("2024-01-01T00:00"), 11.0, 11.5, 10.5, 11.25, 0.0),
    ("ETHUSDT", "1m", at("2024-01-01T00:00"), 2.0, 2.5, 1.5, 2.25, 50.0),
)
"""In the order of the key."""


def candle_table(rows: Sequence[Candle]) -> pa.Table:
    """Return rows as the table that a load takes."""
    columns = list(zip(*rows, strict=True)) or [()] * len(CANDLE_COLUMNS)
    kinds = [pa.string(), pa.string(), pa.timestamp("us", "UTC"), *[pa.float64()] * 5]
    arrays = [
        pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)
    ]
    return pa.table(arrays, names=list(CANDLE_COLUMNS))


def minutes(
    symbol: str, first: str, values: Sequence[float], timeframe: str = "1m"
) -> list[Candle]:
    """Return candles of consecutive minutes that carry one value in every field."""
    start = at(first)
    opens = (start + timedelta(minutes=n) for n in range(len(values)))
    return [
        (symbol, timeframe, opened, value, value, value, value, value)
        for opened, value in zip(opens, values, strict=True)
    ]


def stored(store: CandleStore, data_version: str | None = None) -> list[Candle]:
    """Return everything a store holds, as rows in the order of the key."""
    rows: list[Candle] = []
    for series in store.candle_coverage().itertuples(index=False):
        frame = store.candles(
            series.symbol, series.timeframe, data_version=data_version
        )
        rows += [
            (series.symbol, series.timeframe, r[0].to_pydatetime(), *r[1:])
            for r in frame.itertuples()
        ]
    return sorted(rows, key=lambda row: row[:3])


class CandleStoreContract:
    """The contract; see the module's text for the fixtures it needs."""

    # --- upserts ----------------------------------------------------------------

    def test_new_keys_are_inserted(self, store: CandleStore) -> None:
        outcome = store.load_candles(candle_table(THREE_SERIES))

        assert counts(outcome) == (5, 5, 0, 0)
        assert stored(store) == list(THREE_SERIES)

    def test_one_load_inserts_updates_and_leaves(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))
        fresh = ("ADAUSDT", "1M", at("2024-01-01"), 1.0, 1.0, 1.0, 1.0, 1.0)
        changed = (*THREE_SERIES[3][:6], 11.5, 3.0)

        outcome = store.load_candles(
            candle_table([changed, THREE_SERIES[4], fresh, THREE_SERIES[0]])
        )

        assert counts(outcome) == (4, 1, 1, 2)
        assert stored(store) == [
            fresh,
            *THREE_SERIES[:3],
            changed,
            THREE_SERIES[4],
        ]

    def test_loading_twice_leaves_the_data_version(self, store: CandleStore) -> None:
        first = store.load_candles(candle_table(THREE_SERIES))

        second = store.load_candles(candle_table(THREE_SERIES))

        assert counts(second) == (5, 0, 0, 5)
        assert second.data_version == first.data_version == store.candle_version()

    def test_timeframes_of_one_symbol_are_kept_apart(self, store: CandleStore) -> None:
        instant = "2024-01-01T00:00"
        rows = [
            candle
            for number, timeframe in enumerate(Timeframe, start=1)
            for candle in minutes("A", instant, [float(number)], str(timeframe))
        ]

        outcome = store.load_candles(candle_table(rows))

        assert counts(outcome) == (14, 14, 0, 0)
        for number, timeframe in enumerate(Timeframe, start=1):
            assert store.candles("A", timeframe)["close"].tolist() == [float(number)]
            assert len(store.candles("A", str(timeframe))) == 1
        assert counts(store.load_candles(candle_table(rows))) == (14, 0, 0, 14)

    def test_rows_and_columns_may_come_in_any_order(self, store: CandleStore) -> None:
        table = candle_table(THREE_SERIES[::-1])

        store.load_candles(table.select(table.column_names[::-1]))

        assert stored(store) == list(THREE_SERIES)
        outcome = store.load_candles(candle_table(THREE_SERIES))
        assert counts(outcome) == (5, 0, 0, 5)

    def test_texts_may_come_as_dictionaries_in_chunks(self, store: CandleStore) -> None:
        table = candle_table(THREE_SERIES)
        parts = [table.slice(0, 3), table.slice(3)]
        for place, name in enumerate(("symbol", "timeframe")):
            parts = [
                part.set_column(place, name, part[name].dictionary_encode())
                for part in parts
            ]

        store.load_candles(pa.concat_tables(parts))

        assert stored(store) == list(THREE_SERIES)

    @pytest.mark.parametrize(
        "kind",
        [
            pa.timestamp("s", "UTC"),
            pa.timestamp("ms", "UTC"),
            pa.timestamp("ns", "UTC"),
            pa.timestamp("us", "Asia/Seoul"),
            pa.timestamp("ns", "+09:00"),
        ],
    )
    def test_instants_may_come_in_any_unit_and_zone(
        self, store: CandleStore, kind: pa.DataType
    ) -> None:
        table = candle_table(THREE_SERIES)
        place = table.column_names.index("open_time")
        opens = table["open_time"].cast(kind)

        store.load_candles(table.set_column(place, "open_time", opens))

        assert stored(store) == list(THREE_SERIES)

    def test_whole_numbers_are_taken(self, store: CandleStore) -> None:
        table = candle_table(THREE_SERIES)
        volumes = table["volume"].cast(pa.int64())

        store.load_candles(table.set_column(7, "volume", volumes))

        assert stored(store) == list(THREE_SERIES)

    def test_history_of_many_years_is_one_load(self, store: CandleStore) -> None:
        years = [1899, 1969, 1970, 1999, 2000, 2009, 2010, 2024, 2025, 2049]
        rows = [
            candle
            for timeframe in ("1m", "1d", "1M")
            for year in years
            for candle in minutes("X", f"{year}-01-01", [float(year)], timeframe)
        ]

        outcome = store.load_candles(candle_table(rows))

        assert counts(outcome) == (30, 30, 0, 0)
        assert stored(store) == sorted(rows, key=lambda row: row[:3])
        assert counts(store.load_candles(candle_table(rows))) == (30, 0, 0, 30)

    def test_earlier_and_later_candles_join_a_history(self, store: CandleStore) -> None:
        store.load_candles(candle_table(minutes("A", "2024-01-01T00:10", [3.0, 4.0])))
        around = [
            *minutes("A", "2024-01-01T00:08", [1.0, 2.0]),
            *minutes("A", "2024-01-01T00:12", [5.0]),
        ]

        assert counts(store.load_candles(candle_table(around))) == (3, 3, 0, 0)
        frame = store.candles("A", "1m")
        assert frame["open"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert frame.index.is_monotonic_increasing

    def test_symbols_keep_their_exact_text(self, store: CandleStore) -> None:
        symbols = ["005930", "5930", "BRK.B", "brk.b", "O'X", "金", "{}", "%s", "A B"]
        rows = [minutes(symbol, "2024-01-02", [1.0])[0] for symbol in sorted(symbols)]

        store.load_candles(candle_table(rows))

        assert stored(store) == rows
        for symbol in symbols:
            assert len(store.candles(symbol, "1m")) == 1

    def test_values_and_instants_keep_every_bit(self, store: CandleStore) -> None:
        awkward = [0.1, 1 / 3, 1e-300, 1.7976931348623157e308, 5e-324, 49_999.999999999]
        rows = [
            (*row[:2], row[2] + timedelta(microseconds=n), *row[3:])
            for n, row in enumerate(minutes("A", "2024-01-01", awkward))
        ]
        store.load_candles(candle_table(rows))

        assert store.candles("A", "1m")["close"].tolist() == awkward
        assert stored(store) == rows

    def test_a_load_of_no_rows_changes_nothing(self, store: CandleStore) -> None:
        outcome = store.load_candles(candle_table([]))

        assert counts(outcome) == (0, 0, 0, 0)
        assert outcome.data_version == store.candle_version() == "candles_history@none"

    def test_a_load_does_not_change_its_table(self, store: CandleStore) -> None:
        table = candle_table(THREE_SERIES[::-1])
        before = table.to_pylist()

        store.load_candles(table)

        assert table.to_pylist() == before

    def test_random_loads_leave_what_a_dict_would(self, store: CandleStore) -> None:
        random = np.random.default_rng(11)
        expected: dict[tuple[object, ...], Candle] = {}
        for _ in range(10):
            rows: dict[tuple[object, ...], Candle] = {}
            for _ in range(int(random.integers(1, 60))):
                opened = at("2023-12-31T23:30") + timedelta(
                    minutes=int(random.integers(0, 60))
                )
                name = ("1m", "1M", "1h")[random.integers(0, 3)]
                values = random.integers(1, 3, 5).astype(float).tolist()
                values[1:3] = sorted(values[1:3], reverse=True)
                row = (f"S{random.integers(0, 4)}", name, opened, *values)
                rows[row[:3]] = row
            new = sum(key not in expected for key in rows)
            same = sum(expected.get(key) == row for key, row in rows.items())

            outcome = store.load_candles(candle_table(list(rows.values())))

            assert counts(outcome) == (len(rows), new, len(rows) - new - same, same)
            expected |= rows
            assert stored(store) == [expected[key] for key in sorted(expected)]

    # --- refusals ---------------------------------------------------------------

    def test_a_repeated_key_is_refused_whole(self, store: CandleStore) -> None:
        before = store.load_candles(candle_table(THREE_SERIES[:1])).data_version

        with pytest.raises(QualityError) as caught:
            store.load_candles(candle_table([*THREE_SERIES, THREE_SERIES[3]]))

        samples = caught.value.findings[0].samples
        assert samples == ("BTCUSDT 1m 2024-01-01T00:00:00Z",)
        assert store.candle_version() == before
        assert stored(store) == [THREE_SERIES[0]]

    @pytest.mark.parametrize("column", CANDLE_COLUMNS)
    def test_a_missing_column_is_refused(self, store: CandleStore, column: str) -> None:
        table = candle_table(THREE_SERIES).drop_columns([column])

        with pytest.raises(InputError, match=column):
            store.load_candles(table)

    @pytest.mark.parametrize("column", CANDLE_COLUMNS)
    def test_a_null_is_refused(self, store: CandleStore, column: str) -> None:
        table = candle_table(THREE_SERIES)
        place = table.column_names.index(column)
        values = table[column].to_pylist()
        values[2] = None
        holed = pa.array(values, table.schema.field(column).type)

        with pytest.raises(InputError, match=column):
            store.load_candles(table.set_column(place, column, holed))

        assert len(store.candle_coverage()) == 0

    def test_nan_is_no_value(self, store: CandleStore) -> None:
        rows = [*THREE_SERIES[:4], (*THREE_SERIES[4][:7], float("nan"))]

        with pytest.raises(InputError, match="volume"):
            store.load_candles(candle_table(rows))

        assert len(store.candle_coverage()) == 0

    @pytest.mark.parametrize("unknown", ["7m", "1D", "", "1H", "60m"])
    def test_an_unknown_timeframe_is_refused(
        self, store: CandleStore, unknown: str
    ) -> None:
        store.load_candles(candle_table(THREE_SERIES))
        rows = [*THREE_SERIES, ("X", unknown, *THREE_SERIES[0][2:])]

        with pytest.raises(UnknownNameError, match="timeframe"):
            store.load_candles(candle_table(rows))
        with pytest.raises(UnknownNameError, match="timeframe"):
            store.candles("BTCUSDT", unknown)

        assert stored(store) == list(THREE_SERIES)

    def test_instants_without_a_zone_are_refused(self, store: CandleStore) -> None:
        table = candle_table(THREE_SERIES)
        naive = table["open_time"].cast(pa.timestamp("us"))

        with pytest.raises(InputError, match="zone"):
            store.load_candles(table.set_column(2, "open_time", naive))

    # --- versions ---------------------------------------------------------------

    def test_the_same_loads_have_the_same_names_on_every_store(
        self, store: CandleStore
    ) -> None:
        loads = [
            THREE_SERIES,
            [(*THREE_SERIES[3][:7], 3.0), THREE_SERIES[0]],
            minutes("金", "1969-12-31T23:58", [1.0, 2.0, 3.0], "15m"),
        ]
        assert store.candle_version() == "candles_history@none"

        names = [store.load_candles(candle_table(rows)).data_version for rows in loads]

        assert names == [
            "candles_history@1-2a45a7ae9897",
            "candles_history@2-aa1204d106d9",
            "candles_history@3-6d8eef65e6a6",
        ]
        assert names == names_of("candles_history", loads)
        assert store.candle_version() == names[-1]

    def test_the_way_rows_come_does_not_change_the_name(
        self, store: CandleStore
    ) -> None:
        table = candle_table(THREE_SERIES[::-1])
        table = table.set_column(0, "symbol", table["symbol"].dictionary_encode())
        seoul = table["open_time"].cast(pa.timestamp("ns", "Asia/Seoul"))
        table = table.set_column(2, "open_time", seoul)

        store.load_candles(pa.concat_tables([table.slice(0, 2), table.slice(2)]))

        assert store.candle_version() == names_of("candles_history", [THREE_SERIES])[0]

    def test_the_present_data_version_can_be_asked_for(
        self, store: CandleStore
    ) -> None:
        version = store.load_candles(candle_table(THREE_SERIES)).data_version

        assert stored(store, version) == list(THREE_SERIES)

    def test_a_data_version_names_one_state_for_good(self, store: CandleStore) -> None:
        states: dict[str, list[Candle]] = {}
        for rows in (
            THREE_SERIES,
            [(*THREE_SERIES[4][:7], 51.0)],
            minutes("ETHUSDT", "2024-01-01T00:01", [2.0, 3.0]),
        ):
            version = store.load_candles(candle_table(rows)).data_version
            states[version] = stored(store)

        for version, rows in states.items():
            assert stored(store, version) == rows

    def test_a_series_that_came_later_is_unknown_before(
        self, store: CandleStore
    ) -> None:
        old = store.load_candles(candle_table(THREE_SERIES)).data_version
        store.load_candles(candle_table(minutes("ADAUSDT", "2024-01-01", [1.0])))

        with pytest.raises(UnknownNameError, match="BTCUSDT 1h"):
            store.candles("ADAUSDT", "1m", data_version=old)

    def test_a_name_is_adopted_only_from_the_state_that_is_meant(
        self, store: CandleStore
    ) -> None:
        name = "candles_history@7-0123456789ab"
        old = store.load_candles(candle_table(THREE_SERIES)).data_version
        fresh = minutes("A", "2024-01-02", [1.0])
        new = store.load_candles(candle_table(fresh)).data_version

        with pytest.raises(WriteConflictError):
            store.adopt_candle_version(name, only_from=old)
        assert store.candle_version() == new

        store.adopt_candle_version(name, only_from=new)
        assert store.candle_version() == name

    @pytest.mark.parametrize(
        "unknown",
        [
            "",
            "candles_history",
            "candles_history@1",
            "candles_history@99",
            "candles_history@1-000000000000",
            "daily_price@none",
        ],
    )
    def test_an_unknown_data_version_is_refused(
        self, store: CandleStore, unknown: str
    ) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        with pytest.raises(UnknownNameError, match="data version"):
            store.candles("BTCUSDT", "1m", data_version=unknown)

    def test_an_adopted_name_is_the_present_rows(
        self, store: CandleStore, reopen: Callable[[], CandleStore]
    ) -> None:
        name = "candles_history@7-0123456789ab"
        store.load_candles(candle_table(THREE_SERIES))

        store.adopt_candle_version(name)

        for each in (store, reopen()):
            assert each.candle_version() == name
            assert stored(each, name) == list(THREE_SERIES)
        assert store.load_candles(candle_table(THREE_SERIES)).data_version == name
        fresh = minutes("A", "2024-01-02", [1.0])
        version = store.load_candles(candle_table(fresh)).data_version
        assert version == following(name, fresh)

    @pytest.mark.parametrize(
        "wrong", ["", "daily_price@1-0123456789ab", "candles_history@none"]
    )
    def test_a_name_that_is_not_the_rows_own_is_not_adopted(
        self, store: CandleStore, wrong: str
    ) -> None:
        version = store.load_candles(candle_table(THREE_SERIES)).data_version

        with pytest.raises(InputError):
            store.adopt_candle_version(wrong)

        assert store.candle_version() == version

    # --- reading ----------------------------------------------------------------

    def test_candles_come_by_open_time(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        frame = store.candles("BTCUSDT", "1h")

        expected = pd.DataFrame(
            {
                "open": [10.0, 11.0],
                "high": [12.0, 13.0],
                "low": [9.0, 10.0],
                "close": [11.0, 12.0],
                "volume": [100.0, 200.0],
            },
            index=pd.DatetimeIndex(
                ["2023-12-31T23:00", "2024-01-01T00:00"], name="open_time", tz="UTC"
            ).as_unit("us"),
        )
        pd.testing.assert_frame_equal(frame, expected, check_freq=False)
        assert frame.index.dtype == "datetime64[us, UTC]"

    def test_fields_come_in_the_order_asked(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        frame = store.candles("BTCUSDT", "1h", fields=["volume", "open"])

        assert list(frame.columns) == ["volume", "open"]
        assert frame["volume"].tolist() == [100.0, 200.0]
        assert (frame.dtypes == np.float64).all()

    @pytest.mark.parametrize(
        ("start", "end", "values"),
        [
            (None, None, [1, 2, 3, 4]),
            (at("2023-12-31T23:59"), None, [2, 3, 4]),
            (at("2023-12-31T23:59:00.000001"), None, [3, 4]),
            (None, at("2024-01-01T00:00"), [1, 2, 3]),
            (None, at("2023-12-31T23:59:59.999999"), [1, 2]),
            (at("2024-01-01T00:00"), at("2024-01-01T00:00"), [3]),
            (date(2024, 1, 1), None, [3, 4]),
            (None, date(2023, 12, 31), [1, 2]),
            ("2024-01-01", "2024-01-01", [3, 4]),
            ("2023-12-31T23:59Z", "2024-01-01T09:00+09:00", [2, 3]),
            (None, datetime(2024, 1, 1, 9, tzinfo=KOREA), [1, 2, 3]),
            (np.datetime64("2024-01-01"), np.datetime64("2024-01-01T00:00"), [3]),
            (pd.Timestamp("2024-01-01", tz="UTC"), None, [3, 4]),
            (date(2024, 1, 2), date(2024, 1, 1), []),
            ("1700-01-01", "9999-12-31", [1, 2, 3, 4]),
        ],
    )
    def test_candles_of_a_span(
        self, store: CandleStore, start: object, end: object, values: list[float]
    ) -> None:
        rows = minutes("A", "2023-12-31T23:58", [1.0, 2.0, 3.0, 4.0])
        store.load_candles(candle_table([*rows, *THREE_SERIES]))

        frame = store.candles("A", "1m", start=start, end=end)  # type: ignore[arg-type]

        assert frame["close"].tolist() == values

    @pytest.mark.parametrize("wrong", ["tomorrow", 20240101, "2024-02-30"])
    def test_a_bound_that_is_no_moment_is_refused(
        self, store: CandleStore, wrong: object
    ) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        with pytest.raises(InputError, match="end is"):
            store.candles("BTCUSDT", "1m", end=wrong)  # type: ignore[arg-type]

    def test_a_span_without_candles_is_empty(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        frame = store.candles("BTCUSDT", "1h", start="2030-01-01")

        assert len(frame) == 0
        assert list(frame.columns) == list(CANDLE_FIELDS)
        assert frame.index.name == "open_time"
        assert frame.index.dtype == "datetime64[us, UTC]"
        assert (frame.dtypes == np.float64).all()

    @pytest.mark.parametrize(
        ("symbol", "timeframe"), [("BTCUSD", "1m"), ("ETHUSDT", "1h"), ("", "1m")]
    )
    def test_a_series_without_any_candle_is_refused(
        self, store: CandleStore, symbol: str, timeframe: str
    ) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        with pytest.raises(UnknownNameError, match="ETHUSDT 1m") as caught:
            store.candles(symbol, timeframe)

        assert caught.value.given == f"{symbol} {timeframe}"

    def test_an_unknown_field_is_refused(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))

        with pytest.raises(UnknownNameError, match="close"):
            store.candles("BTCUSDT", "1m", fields=["adj_close"])

    def test_coverage_has_one_row_a_series(self, store: CandleStore) -> None:
        weekly = minutes("BTCUSDT", "2024-01-01", [1.0], "1w")
        store.load_candles(candle_table([*THREE_SERIES, *weekly]))

        coverage = store.candle_coverage()

        assert list(coverage.columns) == [
            "symbol",
            "timeframe",
            "first_open",
            "last_open",
            "row_count",
        ]
        assert [tuple(row) for row in coverage.itertuples(index=False)] == [
            ("BTCUSDT", "1m", at("2023-12-31T23:59"), at("2024-01-01"), 2),
            ("BTCUSDT", "1h", at("2023-12-31T23:00"), at("2024-01-01"), 2),
            ("BTCUSDT", "1w", at("2024-01-01"), at("2024-01-01"), 1),
            ("ETHUSDT", "1m", at("2024-01-01"), at("2024-01-01"), 1),
        ]

    def test_an_empty_store_reads_as_empty(self, store: CandleStore) -> None:
        coverage = store.candle_coverage()

        assert len(coverage) == 0
        assert coverage["symbol"].dtype == coverage["timeframe"].dtype == "str"
        assert coverage["first_open"].dtype == "datetime64[us, UTC]"
        assert coverage["row_count"].dtype == np.int64
        with pytest.raises(UnknownNameError, match="BTCUSDT 1m"):
            store.candles("BTCUSDT", "1m")

    def test_frames_are_the_callers_own(self, store: CandleStore) -> None:
        store.load_candles(candle_table(THREE_SERIES))
        frame = store.candles("BTCUSDT", "1h")
        before = frame.copy()

        frame.iloc[0, 0] = 0.0
        frame["close"] *= 2.0

        pd.testing.assert_frame_equal(store.candles("BTCUSDT", "1h"), before)

    # --- many at once -----------------------------------------------------------

    def test_another_store_sees_a_load_at_once(
        self, store: CandleStore, reopen: Callable[[], CandleStore]
    ) -> None:
        other = reopen()
        assert len(other.candle_coverage()) == 0
        for count, row in enumerate(THREE_SERIES, start=1):
            version = store.load_candles(candle_table([row])).data_version

            assert len(stored(other)) == count
            assert other.candle_version() == version

    def test_threads_that_load_at_once_lose_nothing(
        self, store: CandleStore, reopen: Callable[[], CandleStore]
    ) -> None:
        stores = [store, reopen(), store, reopen()]

        def load(number: int) -> tuple[int, int, int, int]:
            opened = f"2024-01-01T00:{number // 4:02}"
            rows = minutes(f"S{number % 4}", opened, [number + 1.0])
            return counts(stores[number % 4].load_candles(candle_table(rows)))

        with ThreadPoolExecutor(4) as threads:
            outcomes = list(threads.map(load, range(24)))

        assert outcomes == [(1, 1, 0, 0)] * 24
        assert sorted(row[3] for row in stored(reopen())) == list(range(1, 25))
        assert store.candle_version().startswith("candles_history@24-")

    def test_readers_see_whole_loads_only(
        self, store: CandleStore, reopen: Callable[[], CandleStore]
    ) -> None:
        opens = [at("2023-12-30") + timedelta(hours=n) for n in range(96)]

        def load(value: float) -> None:
            rows = [("A", "1h", opened, *[value] * 5) for opened in opens]
            store.load_candles(candle_table(rows))

        load(1.0)
        reader = reopen()
        with ThreadPoolExecutor(1) as threads:
            loading = threads.submit(lambda: [load(float(n)) for n in range(2, 8)])
            seen = []
            while not loading.done():
                values = reader.candles("A", "1h")["close"]
                assert len(values) == 96
                assert set(values) == {values.iloc[0]}
                seen.append(values.iloc[0])
            loading.result()

        assert seen == sorted(seen)
        assert reader.candles("A", "1h")["close"].iloc[0] == 7.0
