"""The embedded store and PostgreSQL, given the same loads, are equal to the last bit.

Outcomes, data versions and every read, now and at each earlier version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from foresto_lab.errors import ForestoError
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS, LoadOutcome, SeriesStore
from foresto_lab.sources.files import read_price_file
from foresto_lab.sources.options import LoadOptions
from foresto_lab.storage.lake import LakeSeriesStore
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.series_store import PostgresSeriesStore
from tests.contracts.series_store import Row, closes, price_table
from tests.integration.test_shared_data_loads import LOADED
from tests.postgresql_server import DatabaseServer, team_template

Stores = tuple[LakeSeriesStore, PostgresSeriesStore]


@contextmanager
def new_stores(server: DatabaseServer, folder: Path) -> Iterator[Stores]:
    name = server.create_database(template=team_template(server))
    database = PostgresDatabase(server.url(name))
    yield LakeSeriesStore(folder / name), PostgresSeriesStore(database)
    database.close()
    server.drop_database(name)


@pytest.fixture
def stores(postgresql_server: DatabaseServer, tmp_path: Path) -> Iterator[Stores]:
    with new_stores(postgresql_server, tmp_path) as both:
        yield both


def outcome_of(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or the kind and words of its error."""
    try:
        return call()
    except ForestoError as error:
        return type(error), str(error)


def require_same(stores: Stores, call: Callable[[SeriesStore], Any]) -> Any:
    """Return what a call gives on one store, which must be what the other gives."""
    embedded, team = (outcome_of(partial(call, store)) for store in stores)
    if isinstance(embedded, pd.DataFrame):
        pd.testing.assert_frame_equal(team, embedded, check_exact=True)
    else:
        assert team == embedded
    return embedded


def load_same(stores: Stores, table: pa.Table) -> LoadOutcome:
    outcome = require_same(stores, methodcaller("load_daily_prices", table))
    assert isinstance(outcome, LoadOutcome), outcome
    return outcome


def require_same_reads(
    stores: Stores, symbols: Sequence[str], days: Sequence[dt.date], version: str
) -> None:
    at: dict[str, Any] = {"data_version": version}
    reads: list[Callable[[SeriesStore], Any]] = [
        lambda store: store.daily_prices(**at),
        lambda store: store.daily_prices(symbols[::2], fields=["close"], **at),
        lambda store: store.daily_prices(start=days[0], end=days[-1], **at),
        lambda store: store.daily_prices([], **at),
        lambda store: store.monthly_closes(**at),
        lambda store: store.price_matrix(symbols, **at),
        lambda store: store.price_matrix([*symbols, "NONE"], **at),
        lambda store: store.price_matrix(
            symbols[::-1], start=days[0], end=days[-1], field="volume", **at
        ),
        *(methodcaller("cross_section", day, **at) for day in days),
    ]
    for read in reads:
        require_same(stores, read)


def require_same_state(
    stores: Stores, versions: Sequence[str], days: Sequence[dt.date]
) -> None:
    symbols = list(require_same(stores, lambda s: s.coverage())["symbol"])
    require_same(stores, lambda s: s.data_version())
    require_same(stores, lambda s: s.return_coverage())
    require_same(stores, lambda s: s.daily_prices())
    require_same(stores, lambda s: s.daily_returns())
    require_same(stores, lambda s: s.daily_returns(symbols[:1], start=days[0]))
    for version in dict.fromkeys(versions):
        require_same_reads(stores, symbols, days, version)


# --- random loads -----------------------------------------------------------------

DAYS = [
    *(dt.date(2019, 12, 27) + dt.timedelta(days=n) for n in range(10)),
    dt.date(1969, 12, 31),
    dt.date(1970, 1, 1),
    dt.date(2020, 2, 29),
]
SYMBOLS = ["A", "a", "069500", "BRK.B", "O'X", "金", "{}", "%s", "\\", '"; DROP']
PRICES = st.one_of(
    st.sampled_from([1.0, 2.0, 0.1, 5e-324, 1.7976931348623157e308]),
    st.floats(1e-3, 1e9),
)
UNKNOWN = st.sampled_from([None, float("nan")])
VOLUMES = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, float("inf")]), st.floats(0, 1e12), UNKNOWN
)


@st.composite
def price_rows(draw: st.DrawFn) -> Row:
    """Return a row that every error-level rule lets pass, or nearly."""
    low, high = sorted([draw(PRICES), draw(PRICES)])
    return (
        draw(st.sampled_from(SYMBOLS)),
        draw(st.sampled_from(DAYS)).isoformat(),
        draw(st.one_of(PRICES, UNKNOWN)),
        draw(st.sampled_from([high, None])),
        draw(st.sampled_from([low, None])),
        draw(PRICES),
        draw(st.one_of(PRICES, UNKNOWN)),
        draw(VOLUMES),
    )


LOADS = st.lists(price_rows(), max_size=25, unique_by=lambda row: row[:2])
STEPS = st.lists(
    st.one_of(LOADS, LOADS, st.sampled_from(["returns", "compact", "adopt"])),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@example(steps=[closes("A", "2019-12-27", [1.0, 2.0]), "returns", "adopt"])
def test_after_any_loads(
    postgresql_server: DatabaseServer, tmp_path: Path, steps: list[Any]
) -> None:
    with new_stores(postgresql_server, tmp_path) as stores:
        versions = ["daily_price@none"]
        for number, step in enumerate(steps):
            if step == "returns":
                require_same(stores, lambda store: store.update_returns())
            elif step == "compact":
                require_same(stores, lambda store: store.compact())
            elif step == "adopt":
                adopted = f"daily_price@{7 * number + 1}-{number:012x}"
                require_same(stores, methodcaller("adopt_version", adopted))
            else:
                load_same(stores, price_table(step))
            versions.append(stores[0].data_version())
        require_same(stores, lambda store: store.update_returns())
        require_same_state(stores, versions, DAYS[1:4])


def test_more_symbols_than_are_compared_one_by_one(stores: Stores) -> None:
    symbols = [f"S{number:03}" for number in range(150)]
    rows = [(s, "2024-01-31", *[float(n + 1)] * 6) for n, s in enumerate(symbols)]
    version = load_same(stores, price_table(rows)).data_version

    day = dt.date(2024, 1, 31)
    require_same_reads(stores, symbols, [day, day], version)


# --- real data --------------------------------------------------------------------

OVERLAPPING = (
    "kr_daily_quantkang/kr_daily.parquet",
    "kr_daily_quantkang/raw/005930_D.csv.gz",
    "kr_samsung_rltrader_mit/v1_005930.csv.gz",
    "dirty_zero_filled_arclien/005930.csv.gz",
    "us_etf_daily_yahoo/us_etf_daily.parquet",
    "us_etf_yahoo_clean_csv/TLT.csv.gz",
    "dirty_zero_filled_arclien/TLT.csv.gz",
    "crypto_binance_1h_4h_1d/BTCUSDT_1d.csv.gz",
)
"""Files of several sources, some of the same instruments, that differ in places."""


@pytest.mark.shared_data
def test_on_the_real_data_sets(stores: Stores, shared_data: Path) -> None:
    versions = []
    cases = {case.file: case for case in LOADED}
    for case in (cases[file] for file in OVERLAPPING):
        options = LoadOptions(**case.options)
        table = read_price_file(shared_data / case.file, options).table
        outcome = load_same(stores, table)
        versions.append(outcome.data_version)
        require_same(stores, lambda store: store.update_returns())

    days = [dt.date(2018, 2, 14), dt.date(2018, 5, 4), dt.date(2020, 3, 19)]
    require_same_state(stores, [versions[0], versions[3], versions[-1]], days)
    assert len(set(versions)) > len(OVERLAPPING) / 2
    assert set(stores[1].daily_prices().columns) > set(DAILY_PRICE_FIELDS)
