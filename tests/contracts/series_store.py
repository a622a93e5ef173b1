"""What every SeriesStore must do: one test per sentence of the protocol's contract.

A backend's test module subclasses ``SeriesStoreContract`` and gives the fixtures
``store`` (a new, empty one) and ``reopen`` (another store on the same data, as another
process would have).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

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
    DAILY_PRICE_COLUMNS,
    DAILY_PRICE_FIELDS,
    LoadOutcome,
    SeriesStore,
)
from tests.oracles.data_versions import following, names_of

Row = tuple[object, ...]
"""symbol, ISO date, then open, high, low, close, adj_close, volume."""

TWO_SYMBOLS: tuple[Row, ...] = (
    ("069500", "2024-01-30", 10.0, 12.0, 9.0, 11.0, 5.5, 100.0),
    ("069500", "2024-01-31", 11.0, 13.0, 10.0, 12.0, 6.0, 200.0),
    ("069500", "2024-02-01", 12.0, 14.0, 11.0, 9.0, 4.5, 300.0),
    ("SPY", "2024-01-31", 400.0, 410.0, 399.0, 405.0, 402.0, 7.0),
    ("SPY", "2024-02-02", 405.0, 411.0, 404.0, 410.0, 407.0, None),
)


def price_table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as the table that a load takes."""
    columns = list(zip(*rows, strict=True)) or [()] * len(DAILY_PRICE_COLUMNS)
    floats = [pa.array(column, pa.float64()) for column in columns[2:]]
    return pa.table(
        [
            pa.array(columns[0], pa.string()),
            pa.array([date.fromisoformat(str(d)) for d in columns[1]], pa.date32()),
            *floats,
        ],
        names=list(DAILY_PRICE_COLUMNS),
    )


def closes(symbol: str, first: str, values: Sequence[float]) -> list[Row]:
    """Return rows of consecutive days that carry one value in every field."""
    start = date.fromisoformat(first)
    days = (start + timedelta(days=n) for n in range(len(values)))
    return [
        (symbol, d.isoformat(), *[v] * 6) for d, v in zip(days, values, strict=True)
    ]


def stored(store: SeriesStore, data_version: str | None = None) -> list[Row]:
    """Return everything a store holds, as rows; NaN is None."""
    frame = store.daily_prices(data_version=data_version)
    return [
        (r[0], r[1].date().isoformat(), *(None if math.isnan(v) else v for v in r[2:]))
        for r in frame.itertuples(index=False)
    ]


def counts(outcome: LoadOutcome) -> tuple[int, int, int, int]:
    """Return received, inserted, updated, unchanged."""
    return (
        outcome.rows_received,
        outcome.rows_inserted,
        outcome.rows_updated,
        outcome.rows_unchanged,
    )


class SeriesStoreContract:
    """The contract; see the module's text for the fixtures it needs."""

    # --- upserts ----------------------------------------------------------------

    def test_new_keys_are_inserted(self, store: SeriesStore) -> None:
        outcome = store.load_daily_prices(price_table(TWO_SYMBOLS))

        assert counts(outcome) == (5, 5, 0, 0)
        assert stored(store) == list(TWO_SYMBOLS)

    def test_changed_values_replace_the_old(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        changed = ("069500", "2024-01-31", 11.0, 13.0, 10.0, 12.5, 6.25, 200.0)

        outcome = store.load_daily_prices(price_table([TWO_SYMBOLS[0], changed]))

        assert counts(outcome) == (2, 0, 1, 1)
        assert stored(store) == [TWO_SYMBOLS[0], changed, *TWO_SYMBOLS[2:]]

    def test_one_load_inserts_updates_and_leaves(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        fresh = ("000001", "2024-01-31", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
        changed = ("SPY", "2024-02-02", 405.0, 411.0, 404.0, 410.0, 407.0, 9.0)

        outcome = store.load_daily_prices(
            price_table([changed, TWO_SYMBOLS[3], fresh, TWO_SYMBOLS[0]])
        )

        assert counts(outcome) == (4, 1, 1, 2)
        assert stored(store) == [fresh, *TWO_SYMBOLS[:4], changed]

    def test_a_value_can_become_null_and_null_a_value(self, store: SeriesStore) -> None:
        with_null = ("A", "2024-01-02", None, 1.0, 1.0, 1.0, 1.0, 1.0)
        without = ("A", "2024-01-02", 2.0, 1.0, 1.0, 1.0, 1.0, None)
        store.load_daily_prices(price_table([with_null]))

        outcome = store.load_daily_prices(price_table([without]))

        assert counts(outcome) == (1, 0, 1, 0)
        assert stored(store) == [without]

    def test_loading_twice_leaves_the_data_version(self, store: SeriesStore) -> None:
        first = store.load_daily_prices(price_table(TWO_SYMBOLS))

        second = store.load_daily_prices(price_table(TWO_SYMBOLS))

        assert counts(second) == (5, 0, 0, 5)
        assert second.data_version == first.data_version == store.data_version()

    def test_nan_equals_null(self, store: SeriesStore) -> None:
        rows = price_table([TWO_SYMBOLS[4]])
        nan = rows.set_column(7, "volume", pa.array([float("nan")], pa.float64()))
        version = store.load_daily_prices(rows).data_version

        assert counts(store.load_daily_prices(nan)) == (1, 0, 0, 1)
        assert store.data_version() == version
        assert math.isnan(store.daily_prices()["volume"].iloc[0])

    def test_rows_may_come_in_any_order(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS[::-1]))

        assert stored(store) == list(TWO_SYMBOLS)
        outcome = store.load_daily_prices(price_table(TWO_SYMBOLS))
        assert counts(outcome) == (5, 0, 0, 5)

    def test_columns_may_come_in_any_order(self, store: SeriesStore) -> None:
        table = price_table(TWO_SYMBOLS)

        store.load_daily_prices(table.select(table.column_names[::-1]))

        assert stored(store) == list(TWO_SYMBOLS)

    def test_history_of_many_years_is_one_load(self, store: SeriesStore) -> None:
        years = [1871, 1899, 1969, 1970, 1999, 2000, 2004, 2005, 2026, 2049]
        rows = [("X", f"{year}-01-02", *[float(year)] * 6) for year in years]

        outcome = store.load_daily_prices(price_table(rows))

        assert counts(outcome) == (10, 10, 0, 0)
        assert stored(store) == rows
        assert counts(store.load_daily_prices(price_table(rows))) == (10, 0, 0, 10)

    def test_earlier_and_later_rows_join_a_history(self, store: SeriesStore) -> None:
        middle = closes("A", "2024-01-10", [3.0, 4.0])
        store.load_daily_prices(price_table(middle))
        around = [
            *closes("A", "2024-01-08", [1.0, 2.0]),
            *closes("A", "2024-01-12", [5.0]),
        ]

        assert counts(store.load_daily_prices(price_table(around))) == (3, 3, 0, 0)
        assert [row[2] for row in stored(store)] == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_symbols_keep_their_exact_text(self, store: SeriesStore) -> None:
        symbols = [
            "0000J0",
            "005930",
            "5930",
            "BRK.B",
            "brk.b",
            "O'X",
            "金",
            "{}",
            "%s",
        ]
        rows = sorted((s, "2024-01-02", *[1.0] * 6) for s in symbols)

        store.load_daily_prices(price_table(rows))

        assert stored(store) == rows
        for symbol in symbols:
            assert list(store.daily_prices([symbol])["symbol"]) == [symbol]

    def test_values_keep_every_bit(self, store: SeriesStore) -> None:
        awkward = [0.1, 1 / 3, 1e-300, 1.7976931348623157e308, 5e-324, 49_999.999999999]
        store.load_daily_prices(price_table(closes("A", "2024-01-01", awkward)))

        assert store.price_matrix(["A"])["A"].tolist() == awkward

    def test_a_load_of_no_rows_changes_nothing(self, store: SeriesStore) -> None:
        before = store.data_version()

        outcome = store.load_daily_prices(price_table([]))

        assert counts(outcome) == (0, 0, 0, 0)
        assert outcome.data_version == before == store.data_version()

    def test_random_loads_leave_what_a_dict_would(self, store: SeriesStore) -> None:
        random = np.random.default_rng(7)
        expected: dict[tuple[str, str], Row] = {}
        for _ in range(12):
            rows = {}
            for _ in range(int(random.integers(1, 60))):
                day = date(2009, 12, 1) + timedelta(days=int(random.integers(0, 60)))
                key = (f"S{random.integers(0, 6)}", day.isoformat())
                low, high, *others = random.integers([1, 2, 1, 1, 1, 1], 3).tolist()
                rows[key] = (*key, *map(float, (low, high, low, *others[:3])))
            new = sum(key not in expected for key in rows)
            same = sum(expected.get(key) == row for key, row in rows.items())

            outcome = store.load_daily_prices(price_table(list(rows.values())))

            changed = len(rows) - new - same
            assert counts(outcome) == (len(rows), new, changed, same)
            expected |= rows
            assert stored(store) == sorted(expected.values())

    # --- refusals ---------------------------------------------------------------

    def test_a_repeated_key_is_refused_whole(self, store: SeriesStore) -> None:
        before = store.load_daily_prices(price_table(TWO_SYMBOLS[:1])).data_version
        rows = [*TWO_SYMBOLS[1:], TWO_SYMBOLS[3]]

        with pytest.raises(QualityError) as caught:
            store.load_daily_prices(price_table(rows))

        assert caught.value.findings[0].samples == ("SPY 2024-01-31",)
        assert store.data_version() == before
        assert stored(store) == [TWO_SYMBOLS[0]]

    def test_a_missing_column_is_refused(self, store: SeriesStore) -> None:
        table = price_table(TWO_SYMBOLS).drop_columns(["volume"])

        with pytest.raises(InputError, match="volume"):
            store.load_daily_prices(table)

    @pytest.mark.parametrize("column", ["symbol", "date"])
    def test_a_null_key_is_refused(self, store: SeriesStore, column: str) -> None:
        table = price_table(TWO_SYMBOLS)
        place = table.column_names.index(column)
        empty = pa.nulls(len(table), table.schema.field(column).type)

        with pytest.raises(InputError, match=column):
            store.load_daily_prices(table.set_column(place, column, empty))

        assert stored(store) == []

    # --- versions ---------------------------------------------------------------

    def test_every_change_has_a_data_version_of_its_own(
        self, store: SeriesStore
    ) -> None:
        versions = [store.data_version()]
        for row in TWO_SYMBOLS:
            versions.append(store.load_daily_prices(price_table([row])).data_version)

        assert len(set(versions)) == len(versions)

    def test_a_data_version_names_one_state_for_good(self, store: SeriesStore) -> None:
        states = {store.data_version(): []}
        for row in (*TWO_SYMBOLS, ("SPY", "2024-01-31", *[1.0] * 6)):
            version = store.load_daily_prices(price_table([row])).data_version
            states[version] = stored(store)
        store.compact()

        for version, rows in states.items():
            assert stored(store, version) == rows

    def test_the_same_loads_have_the_same_names_on_every_store(
        self, store: SeriesStore
    ) -> None:
        loads = [
            list(TWO_SYMBOLS),
            [
                ("SPY", "2024-02-02", 405.0, 411.0, 404.0, 410.0, 407.0, 9.0),
                TWO_SYMBOLS[0],
            ],
            closes("金", "1969-12-30", [1.0, 2.0]),
        ]
        assert store.data_version() == "daily_price@none"

        names = [
            store.load_daily_prices(price_table(rows)).data_version for rows in loads
        ]

        assert names == [
            "daily_price@1-faa3ed05d09e",
            "daily_price@2-62ed98167e6c",
            "daily_price@3-4dbc5c8fc255",
        ]
        assert names == names_of("daily_price", loads)
        assert store.data_version() == names[-1]

    def test_a_load_that_changes_nothing_is_not_counted(
        self, store: SeriesStore
    ) -> None:
        fresh = closes("A", "2024-01-02", [1.0])
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        store.load_daily_prices(price_table(TWO_SYMBOLS[:2]))
        store.load_daily_prices(price_table([]))

        version = store.load_daily_prices(price_table(fresh)).data_version

        assert version == names_of("daily_price", [TWO_SYMBOLS, fresh])[-1]

    def test_the_way_rows_come_does_not_change_the_name(
        self, store: SeriesStore
    ) -> None:
        table = price_table(TWO_SYMBOLS[::-1])
        encoded = table["symbol"].dictionary_encode()
        table = table.set_column(0, "symbol", encoded).select(table.column_names[::-1])
        parts = [table.slice(0, 2), table.slice(2)]

        store.load_daily_prices(pa.concat_tables(parts))

        assert store.data_version() == "daily_price@1-faa3ed05d09e"

    def test_an_adopted_name_is_the_present_rows(
        self, store: SeriesStore, reopen: Callable[[], SeriesStore]
    ) -> None:
        own = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version
        store.update_returns()

        store.adopt_version("daily_price@7-0123456789ab")

        for each in (store, reopen()):
            assert each.data_version() == "daily_price@7-0123456789ab"
            assert stored(each, "daily_price@7-0123456789ab") == list(TWO_SYMBOLS)
            assert stored(each, own) == list(TWO_SYMBOLS)
        outcome = store.load_daily_prices(price_table(TWO_SYMBOLS))
        assert counts(outcome) == (5, 0, 0, 5)
        assert outcome.data_version == "daily_price@7-0123456789ab"
        assert store.update_returns().rows_updated == 0

    def test_a_load_continues_from_an_adopted_name(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        store.adopt_version("daily_price@7-0123456789ab")
        fresh = closes("A", "2024-01-02", [1.0])

        version = store.load_daily_prices(price_table(fresh)).data_version

        # sha256 of "daily_price@7-0123456789ab\n" and the digest of the fresh rows
        assert version == following("daily_price@7-0123456789ab", fresh)
        assert version.startswith("daily_price@8-")
        assert stored(store, "daily_price@7-0123456789ab") == list(TWO_SYMBOLS)
        assert len(stored(store, version)) == 6
        store.compact()
        assert store.data_version() == version
        assert stored(store, "daily_price@7-0123456789ab") == list(TWO_SYMBOLS)

    def test_the_name_a_state_has_can_be_adopted(self, store: SeriesStore) -> None:
        store.adopt_version("daily_price@none")
        own = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version

        store.adopt_version(own)
        store.adopt_version("daily_price@7-0123456789ab")
        store.adopt_version("daily_price@7-0123456789ab")

        assert store.data_version() == "daily_price@7-0123456789ab"

    def test_a_name_by_number_can_be_adopted(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        store.adopt_version("daily_price@12")

        assert store.data_version() == "daily_price@12"
        assert stored(store, "daily_price@12") == list(TWO_SYMBOLS)
        fresh = closes("A", "2024-01-02", [1.0])
        version = store.load_daily_prices(price_table(fresh)).data_version
        assert version == following("daily_price@12", fresh)
        assert stored(store, "daily_price@12") == list(TWO_SYMBOLS)

    def test_a_store_without_rows_can_adopt_a_name(self, store: SeriesStore) -> None:
        store.adopt_version("daily_price@7-0123456789ab")

        assert store.data_version() == "daily_price@7-0123456789ab"
        assert stored(store) == []
        version = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version
        assert version == following("daily_price@7-0123456789ab", TWO_SYMBOLS)
        assert stored(store, "daily_price@7-0123456789ab") == []

    @pytest.mark.parametrize(
        "wrong",
        [
            "",
            "daily_price",
            "daily_price@x",
            "daily_return@1-0123456789ab",
            "daily_price@none",
            "daily_price@1-faa3ed05d09e",
        ],
    )
    def test_a_name_that_is_not_the_rows_own_is_not_adopted(
        self, store: SeriesStore, wrong: str
    ) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        fresh = closes("A", "2024-01-02", [1.0])
        version = store.load_daily_prices(price_table(fresh)).data_version

        with pytest.raises(InputError):
            store.adopt_version(wrong)

        assert store.data_version() == version
        assert stored(store, "daily_price@1-faa3ed05d09e") == list(TWO_SYMBOLS)

    def test_a_name_is_adopted_only_from_the_state_that_is_meant(
        self, store: SeriesStore
    ) -> None:
        old = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version
        fresh = closes("A", "2024-01-02", [1.0])
        new = store.load_daily_prices(price_table(fresh)).data_version

        with pytest.raises(WriteConflictError):
            store.adopt_version("daily_price@7-0123456789ab", only_from=old)
        assert store.data_version() == new

        store.adopt_version("daily_price@7-0123456789ab", only_from=new)
        assert store.data_version() == "daily_price@7-0123456789ab"

    def test_every_read_can_look_back(self, store: SeriesStore) -> None:
        old = store.load_daily_prices(
            price_table(closes("A", "2024-01-31", [1.0]))
        ).data_version
        store.load_daily_prices(
            price_table(
                [*closes("A", "2024-01-31", [2.0]), *closes("B", "2024-01-31", [3.0])]
            )
        )

        assert store.daily_prices(data_version=old)["close"].tolist() == [1.0]
        assert store.price_matrix(["A"], data_version=old)["A"].tolist() == [1.0]
        day = store.cross_section(date(2024, 1, 31), data_version=old)
        assert day["close"].to_dict() == {"A": 1.0}
        assert store.monthly_closes(data_version=old)["close"].tolist() == [1.0]
        with pytest.raises(UnknownNameError):
            store.price_matrix(["B"], data_version=old)

    @pytest.mark.parametrize(
        "unknown",
        [
            "",
            "daily_price",
            "daily_price@-1",
            "daily_price@0",
            "daily_price@1",
            "daily_price@2",
            "daily_price@99999",
            "daily_price@1-000000000000",
            "daily_price@2-faa3ed05d09e",
            "other@1",
            "other@none",
        ],
    )
    def test_an_unknown_data_version_is_refused(
        self, store: SeriesStore, unknown: str
    ) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        with pytest.raises(UnknownNameError, match="data version"):
            store.daily_prices(data_version=unknown)

    def test_compaction_changes_no_row_and_no_version(self, store: SeriesStore) -> None:
        for row in TWO_SYMBOLS:
            store.load_daily_prices(price_table([row]))
        version = store.data_version()

        store.compact()

        assert store.data_version() == version
        assert stored(store) == list(TWO_SYMBOLS)
        outcome = store.load_daily_prices(price_table(TWO_SYMBOLS))
        assert counts(outcome) == (5, 0, 0, 5)
        assert store.data_version() == version

    def test_an_empty_store_can_be_compacted(self, store: SeriesStore) -> None:
        version = store.data_version()

        store.compact()

        assert store.data_version() == version

    # --- reading ----------------------------------------------------------------

    def test_long_rows_come_by_symbol_then_date(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        frame = store.daily_prices()

        assert list(frame.columns) == list(DAILY_PRICE_COLUMNS)
        assert frame["symbol"].dtype == "str"
        assert frame["date"].dtype == "datetime64[us]"
        assert all(frame[name].dtype == np.float64 for name in DAILY_PRICE_FIELDS)
        keys = list(zip(frame["symbol"], frame["date"], strict=True))
        assert keys == sorted(keys)

    def test_rows_can_be_limited(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        frame = store.daily_prices(
            ["069500"],
            start=date(2024, 1, 31),
            end=date(2024, 2, 1),
            fields=["close", "open"],
        )

        assert list(frame.columns) == ["symbol", "date", "close", "open"]
        assert frame["close"].tolist() == [12.0, 9.0]
        assert store.daily_prices(start=date(2024, 2, 2))["symbol"].tolist() == ["SPY"]
        assert len(store.daily_prices(end=date(2024, 1, 30))) == 1

    def test_rows_of_many_symbols(self, store: SeriesStore) -> None:
        symbols = [f"S{n:03}" for n in range(200)]
        store.load_daily_prices(
            price_table([(s, "2024-01-02", *[1.0] * 6) for s in symbols])
        )

        assert store.daily_prices(symbols[::2])["symbol"].tolist() == symbols[::2]
        assert store.price_matrix(symbols[::-1]).columns.tolist() == symbols[::-1]

    def test_symbols_without_rows_are_left_out(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        assert set(store.daily_prices(["SPY", "NONE"])["symbol"]) == {"SPY"}
        assert len(store.daily_prices([])) == 0

    def test_an_unknown_field_is_refused(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        with pytest.raises(UnknownNameError, match="adj_close"):
            store.daily_prices(fields=["adj_clos"])
        with pytest.raises(UnknownNameError, match="adj_close"):
            store.price_matrix(["SPY"], field="adj_clos")

    def test_a_matrix_has_the_columns_asked_for_in_order(
        self, store: SeriesStore
    ) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        matrix = store.price_matrix(["SPY", "069500"])

        assert matrix.columns.tolist() == ["SPY", "069500"]
        assert matrix.index.name == "date"
        assert matrix.index.dtype == "datetime64[us]"
        expected = pd.DataFrame(
            {"SPY": [np.nan, 402.0, np.nan, 407.0], "069500": [5.5, 6.0, 4.5, np.nan]},
            index=pd.DatetimeIndex(
                ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"], name="date"
            ),
        )
        pd.testing.assert_frame_equal(
            matrix, expected, check_column_type=False, check_index_type=False
        )

    def test_a_matrix_of_another_field_and_span(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        matrix = store.price_matrix(
            ["069500", "SPY"],
            start=date(2024, 1, 31),
            end=date(2024, 2, 1),
            field="volume",
        )

        assert matrix["069500"].tolist() == [200.0, 300.0]
        assert matrix["SPY"].fillna(-1).tolist() == [7.0, -1.0]

    def test_a_known_symbol_outside_the_span_is_nan(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        matrix = store.price_matrix(["069500", "SPY"], end=date(2024, 1, 30))

        assert matrix["SPY"].isna().all()
        assert len(matrix) == 1

    def test_a_matrix_of_an_unknown_symbol_is_refused(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        with pytest.raises(UnknownNameError, match="069500") as caught:
            store.price_matrix(["SPY", "069501"])

        assert caught.value.given == "069501"

    def test_a_cross_section_is_one_date(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        day = store.cross_section(date(2024, 1, 31))

        assert day.index.name == "symbol"
        assert day.index.tolist() == ["069500", "SPY"]
        assert list(day.columns) == list(DAILY_PRICE_FIELDS)
        assert day["adj_close"].tolist() == [6.0, 402.0]
        assert len(store.cross_section(date(2024, 2, 3))) == 0

    def test_monthly_closes_are_the_last_of_the_month(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        months = store.monthly_closes()

        assert list(months.columns) == ["symbol", "month", "close"]
        assert [
            (r.symbol, r.month.date().isoformat(), r.close)
            for r in months.itertuples(index=False)
        ] == [
            ("069500", "2024-01-01", 6.0),
            ("069500", "2024-02-01", 4.5),
            ("SPY", "2024-01-01", 402.0),
            ("SPY", "2024-02-01", 407.0),
        ]

    def test_coverage_has_one_row_a_symbol(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        coverage = store.coverage()

        assert [
            (r.symbol, str(r.first_date.date()), str(r.last_date.date()), r.row_count)
            for r in coverage.itertuples(index=False)
        ] == [
            ("069500", "2024-01-30", "2024-02-01", 3),
            ("SPY", "2024-01-31", "2024-02-02", 2),
        ]

    def test_return_coverage_has_one_row_a_symbol(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        assert len(store.return_coverage()) == 0

        store.update_returns()

        assert [
            (r.symbol, str(r.first_date.date()), str(r.last_date.date()), r.row_count)
            for r in store.return_coverage().itertuples(index=False)
        ] == [
            ("069500", "2024-01-31", "2024-02-01", 2),
            ("SPY", "2024-02-02", "2024-02-02", 1),
        ]

    def test_an_empty_store_reads_as_empty(self, store: SeriesStore) -> None:
        assert stored(store) == []
        assert list(store.daily_prices().columns) == list(DAILY_PRICE_COLUMNS)
        assert store.daily_prices()["date"].dtype == "datetime64[us]"
        assert len(store.cross_section(date(2024, 1, 2))) == 0
        assert len(store.monthly_closes()) == 0
        assert len(store.coverage()) == 0
        assert len(store.daily_returns()) == 0
        with pytest.raises(UnknownNameError):
            store.price_matrix(["A"])

    def test_frames_are_the_callers_own(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        for read in (
            store.daily_prices,
            lambda: store.price_matrix(["SPY"]),
            lambda: store.cross_section(date(2024, 1, 31)),
        ):
            frame = read()
            before = frame.copy()
            frame.iloc[0, -1] = 0.0

            assert frame.iloc[0, -1] == 0.0
            pd.testing.assert_frame_equal(read(), before)

    def test_a_load_does_not_change_its_table(self, store: SeriesStore) -> None:
        table = price_table(TWO_SYMBOLS[::-1])
        before = table.to_pylist()

        store.load_daily_prices(table)

        assert table.to_pylist() == before

    # --- returns ----------------------------------------------------------------

    def test_returns_are_simple_and_begin_on_the_second_date(
        self, store: SeriesStore
    ) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))

        outcome = store.update_returns()

        assert counts(outcome) == (3, 3, 0, 0)
        frame = store.daily_returns()
        assert list(frame.columns) == ["symbol", "date", "daily_return"]
        assert frame["symbol"].tolist() == ["069500", "069500", "SPY"]
        assert frame["daily_return"].tolist() == [
            6.0 / 5.5 - 1,
            4.5 / 6.0 - 1,
            407.0 / 402.0 - 1,
        ]

    def test_returns_of_a_span(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        store.update_returns()

        only = store.daily_returns(
            ["069500"], start=date(2024, 2, 1), end=date(2024, 2, 1)
        )

        assert only["daily_return"].tolist() == [-0.25]

    def test_returns_up_to_date_stay_as_they_are(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        first = store.update_returns()

        second = store.update_returns()

        assert counts(second) == (0, 0, 0, 0)
        assert second.data_version == first.data_version

    def test_returns_follow_a_changed_price(self, store: SeriesStore) -> None:
        store.load_daily_prices(
            price_table(closes("A", "2024-01-01", [1, 2, 4, 8, 16]))
        )
        store.load_daily_prices(price_table(closes("B", "2024-01-01", [5, 5, 5])))
        store.update_returns()
        store.load_daily_prices(price_table(closes("A", "2024-01-03", [5.0])))

        outcome = store.update_returns()

        assert (outcome.rows_inserted, outcome.rows_updated) == (0, 2)
        a_returns = store.daily_returns(["A"])["daily_return"].tolist()
        assert a_returns == [1.0, 1.5, 8 / 5 - 1, 1.0]
        assert store.daily_returns(["B"])["daily_return"].tolist() == [0.0, 0.0]

    def test_returns_follow_appended_and_inserted_rows(
        self, store: SeriesStore
    ) -> None:
        store.load_daily_prices(price_table(closes("A", "2024-01-03", [4.0])))
        store.update_returns()
        assert len(store.daily_returns()) == 0
        store.load_daily_prices(
            price_table(
                [*closes("A", "2024-01-01", [1.0]), *closes("A", "2024-01-05", [6.0])]
            )
        )

        store.update_returns()

        assert store.daily_returns()["daily_return"].tolist() == [3.0, 0.5]

    def test_a_price_without_adj_close_has_no_return(self, store: SeriesStore) -> None:
        rows = closes("A", "2024-01-01", [1.0, 9.0, 2.0])
        rows[1] = (*rows[1][:6], None, rows[1][7])
        store.load_daily_prices(price_table(rows))

        store.update_returns()

        returns = store.daily_returns()["daily_return"]
        assert returns.fillna(-9).tolist() == [-9.0, 1.0]

    def test_another_volume_changes_no_return(self, store: SeriesStore) -> None:
        store.load_daily_prices(price_table(TWO_SYMBOLS))
        before = store.update_returns().data_version
        store.load_daily_prices(price_table([(*TWO_SYMBOLS[0][:7], 1.0)]))

        outcome = store.update_returns()

        assert counts(outcome)[1:3] == (0, 0)
        assert outcome.data_version == before

    def test_returns_after_compaction(self, store: SeriesStore) -> None:
        for row in closes("A", "2024-01-01", [1.0, 2.0, 3.0]):
            store.load_daily_prices(price_table([row]))
        store.update_returns()
        store.compact()
        store.load_daily_prices(price_table(closes("A", "2024-01-04", [6.0])))

        outcome = store.update_returns()

        assert outcome.rows_inserted == 1
        assert store.daily_returns()["daily_return"].tolist() == [1.0, 0.5, 1.0]

    def test_returns_without_prices(self, store: SeriesStore) -> None:
        assert counts(store.update_returns()) == (0, 0, 0, 0)

    # --- many at once -----------------------------------------------------------

    def test_another_store_sees_a_load_at_once(
        self, store: SeriesStore, reopen: Callable[[], SeriesStore]
    ) -> None:
        other = reopen()
        assert stored(other) == []
        for count, row in enumerate(TWO_SYMBOLS, start=1):
            version = store.load_daily_prices(price_table([row])).data_version

            assert len(stored(other)) == count
            assert other.data_version() == version

    def test_threads_that_load_at_once_lose_nothing(
        self, store: SeriesStore, reopen: Callable[[], SeriesStore]
    ) -> None:
        stores = [store, reopen(), store, reopen()]

        def load(number: int) -> tuple[int, int, int, int]:
            rows = closes(
                f"S{number % 4}", f"2024-01-{number // 4 + 1:02}", [number + 1]
            )
            return counts(stores[number % 4].load_daily_prices(price_table(rows)))

        with ThreadPoolExecutor(4) as threads:
            outcomes = list(threads.map(load, range(40)))

        assert outcomes == [(1, 1, 0, 0)] * 40
        assert store.data_version().startswith("daily_price@40-")
        assert sorted(row[2] for row in stored(reopen())) == list(range(1, 41))

    def test_threads_that_load_the_same_rows_insert_them_once(
        self, store: SeriesStore, reopen: Callable[[], SeriesStore]
    ) -> None:
        stores = [store, reopen(), reopen(), reopen()]
        table = price_table(TWO_SYMBOLS)
        with ThreadPoolExecutor(4) as threads:
            outcomes = list(threads.map(lambda s: s.load_daily_prices(table), stores))

        assert sum(outcome.rows_inserted for outcome in outcomes) == 5
        assert stored(store) == list(TWO_SYMBOLS)

    def test_readers_see_whole_loads_only(
        self, store: SeriesStore, reopen: Callable[[], SeriesStore]
    ) -> None:
        days = [date(1998, 12, 30) + timedelta(days=n) for n in range(5000)]

        def load(value: float) -> None:
            rows = [("A", day.isoformat(), *[value] * 6) for day in days[::100]]
            store.load_daily_prices(price_table(rows))

        load(1.0)
        reader = reopen()
        with ThreadPoolExecutor(1) as threads:
            loading = threads.submit(lambda: [load(float(n)) for n in range(2, 9)])
            seen = []
            while not loading.done():
                values = reader.price_matrix(["A"])["A"]
                assert len(values) == 50
                assert set(values) == {values.iloc[0]}
                seen.append(values.iloc[0])
            loading.result()

        assert seen == sorted(seen)
        assert reader.price_matrix(["A"])["A"].iloc[0] == 8.0
