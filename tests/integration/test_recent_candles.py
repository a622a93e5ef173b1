"""Recent candles out of a real Redis, joined with those of the store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.candles import candles as candles_command
from foresto_lab.cli.context import CommandContext
from foresto_lab.errors import RecentSourceError, SettingsError, UnknownNameError
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.hybrid_candles import HybridCandles
from foresto_lab.sources.redis_candles import RedisCandleSource
from foresto_lab.storage import create_workspace
from foresto_lab.storage.lake import LakeCandleStore
from tests.redis_server import NoRedisError, RedisServer

FIELDS = ["open", "high", "low", "close", "volume"]
MINUTE = Timeframe("1m")
NOW = datetime(2024, 3, 10, 12, 0, 30, tzinfo=UTC)
KEY = "candles_with_indicators:BTCUSDT:1m"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    try:
        started = RedisServer()
    except NoRedisError as reason:
        pytest.skip(str(reason))
    yield started
    started.remove()


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Any]:
    with server.client as client:
        client.flushall()
        yield client


@pytest.fixture
def source(server: RedisServer) -> RedisCandleSource:
    return RedisCandleSource(server.url)


def walk(last: datetime, n_bars: int, *, close: float = 100.0) -> pd.DataFrame:
    """Return candles a minute apart, the last opening in the minute of ``last``."""
    end = pd.Timestamp(last).floor("min")
    index = pd.date_range(end=end, periods=n_bars, freq="min", unit="us")
    closes = close + np.sin(index.asi8 // 60_000_000)
    frame = pd.DataFrame(
        {"open": closes - 0.1, "high": closes + 0.5, "low": closes - 0.5}, index=index
    )
    return frame.assign(close=closes, volume=3.0).rename_axis("open_time")


def entries(frame: pd.DataFrame, time_name: str = "timestamp") -> list[dict[str, Any]]:
    """Return candles as a feed writes them, with indicators beside."""
    return [
        {
            time_name: int(opened.timestamp()),
            **{name: float(row[name]) for name in FIELDS},
            "rsi": None,
            "ema_20": 99.5,
        }
        for opened, row in frame.iterrows()
    ]


def write(redis: Any, given: Any) -> None:
    redis.set(KEY, json.dumps(given))


def stored(folder: Path, frame: pd.DataFrame) -> LakeCandleStore:
    store = LakeCandleStore(folder / "lake")
    if len(frame):
        store.load_candles(
            pa.table(
                {
                    "symbol": ["BTCUSDT"] * len(frame),
                    "timeframe": ["1m"] * len(frame),
                    "open_time": pa.array(frame.index),
                    **{name: frame[name].to_numpy() for name in FIELDS},
                }
            )
        )
    return store


def codes(hybrid: HybridCandles) -> dict[str, int]:
    return {finding.code: finding.count for finding in hybrid.findings}


# --- what a key may hold ------------------------------------------------------------


def same(table: Any, frame: pd.DataFrame) -> None:
    given = table.to_frame()
    assert given.index.equals(frame.index)
    np.testing.assert_array_equal(given, frame[FIELDS])


SHAPES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "seconds": entries,
    "milliseconds": lambda f: [
        {**e, "timestamp": e["timestamp"] * 1000} for e in entries(f)
    ],
    "microseconds": lambda f: [
        {**e, "timestamp": e["timestamp"] * 10**6} for e in entries(f)
    ],
    "open_time": lambda f: entries(f, "open_time"),
    "openTime": lambda f: entries(f, "openTime"),
    "short names": lambda f: [
        {
            "t": e["timestamp"],
            **{name[0]: e[name] for name in FIELDS},
        }
        for e in entries(f)
    ],
    "texts": lambda f: [
        {name: str(value) for name, value in e.items()} for e in entries(f)
    ],
    "ISO 8601": lambda f: [
        {**e, "timestamp": opened.isoformat()}
        for e, opened in zip(entries(f), f.index, strict=True)
    ],
    "lists": lambda f: [
        [e["timestamp"], *(e[name] for name in FIELDS)] for e in entries(f)
    ],
    "newest first": lambda f: entries(f)[::-1],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_feed_may_write_them_so(
    redis: Any, source: RedisCandleSource, shape: str
) -> None:
    frame = walk(NOW, 50)
    write(redis, SHAPES[shape](frame))
    same(source.fetch_recent("BTCUSDT", MINUTE), frame)


def test_a_list_of_redis_holds_one_candle_an_element(
    redis: Any, source: RedisCandleSource
) -> None:
    frame = walk(NOW, 50)
    redis.rpush(KEY, *[json.dumps(entry) for entry in entries(frame)])
    same(source.fetch_recent("BTCUSDT", MINUTE), frame)
    redis.delete(KEY)
    redis.lpush(KEY, *[json.dumps(entry) for entry in entries(frame)])
    same(source.fetch_recent("BTCUSDT", MINUTE), frame)


def test_no_key_and_an_empty_list_hold_no_candle(
    redis: Any, source: RedisCandleSource
) -> None:
    assert len(source.fetch_recent("BTCUSDT", MINUTE)) == 0
    write(redis, [])
    assert len(source.fetch_recent("BTCUSDT", MINUTE)) == 0


def test_nothing_is_written(redis: Any, source: RedisCandleSource) -> None:
    write(redis, entries(walk(NOW, 5)))
    before = redis.dump(KEY)
    source.fetch_recent("BTCUSDT", MINUTE)
    source.fetch_recent("ETHUSDT", MINUTE)
    assert redis.dump(KEY) == before
    assert redis.keys("*") == [KEY.encode()]


def broken(**changes: Any) -> list[dict[str, Any]]:
    given = entries(walk(NOW, 3))
    given[1] |= changes
    return given


WRONG: dict[str, tuple[Any, str]] = {
    "an object": ({"candles": []}, "of a dict"),
    "a number": (7, "of a int"),
    "entries of text": (["candle"], "entry 0 is no candle"),
    "a short list": ([[1, 2, 3]], "entry 0 is no candle"),
    "no close": (
        [{k: v for k, v in e.items() if k != "close"} for e in broken()],
        "entry 0 has no close",
    ),
    "a close that is null": (broken(close=None), "entry 1 has no close"),
    "a close of text": (broken(close="high"), "a close is no number"),
    "a close of true": (broken(close=True), "a close is no number"),
    "high below low": (broken(high=1.0), "high 1.0"),
    "a price of zero": (broken(low=0), "must be above 0"),
    "not a number": (broken(close=float("nan")), "finite"),
    "a time of text": (broken(timestamp="noon"), "times are none"),
    "a local time": (
        [{**e, "timestamp": "2024-03-10 11:00:00"} for e in entries(walk(NOW, 1))],
        "no zone",
    ),
    "repeated": (entries(walk(NOW, 2)) * 2, "more than once"),
    "out of order": (
        [entries(walk(NOW, 3))[i] for i in (0, 2, 1)],
        "not ascending",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_list_of_candles_is_told(
    redis: Any, source: RedisCandleSource, case: str
) -> None:
    given, words = WRONG[case]
    write(redis, given)
    with pytest.raises(RecentSourceError) as caught:
        source.fetch_recent("BTCUSDT", MINUTE)
    assert words in str(caught.value)
    assert KEY in str(caught.value)


def test_malformed_json_and_other_types_are_told(
    redis: Any, source: RedisCandleSource
) -> None:
    for text in ('[{"t": 1', "\x00\xff", "", "[" * 100_000):
        redis.set(KEY, text)
        with pytest.raises(RecentSourceError, match="it is no JSON"):
            source.fetch_recent("BTCUSDT", MINUTE)
    redis.delete(KEY)
    redis.hset(KEY, "a", "b")
    with pytest.raises(RecentSourceError, match="it is a hash"):
        source.fetch_recent("BTCUSDT", MINUTE)
    redis.delete(KEY)
    redis.rpush(KEY, "{", "}")
    with pytest.raises(RecentSourceError, match="it is no JSON"):
        source.fetch_recent("BTCUSDT", MINUTE)


def test_a_huge_list_is_not_fetched(redis: Any, source: RedisCandleSource) -> None:
    redis.set(KEY, b" " * (33 * 1024 * 1024))
    with pytest.raises(RecentSourceError, match="34,603,008 bytes, more than"):
        source.fetch_recent("BTCUSDT", MINUTE)
    redis.delete(KEY)
    for _ in range(11):
        redis.rpush(KEY, *["{}"] * 10_000)
    with pytest.raises(RecentSourceError, match="110,000 entries, more than"):
        source.fetch_recent("BTCUSDT", MINUTE)


# --- a server in trouble ------------------------------------------------------------


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    source = RedisCandleSource("redis://user:hunter22secret@127.0.0.1:1/0")
    with pytest.raises(RecentSourceError, match="cannot be reached") as caught:
        source.fetch_recent("BTCUSDT", MINUTE)
    assert "hunter22secret" not in f"{caught.value}{caught.value.facts}{source!r}"
    assert source.name == "redis://127.0.0.1:1/0"


def test_a_frozen_server_is_given_up_after_a_second() -> None:
    server = RedisServer()
    try:
        source = RedisCandleSource(server.url, longest_seconds=0.3)
        server.freeze()
        began = time.monotonic()
        with pytest.raises(RecentSourceError, match=r"within 0\.3 s"):
            source.fetch_recent("BTCUSDT", MINUTE)
        assert time.monotonic() - began < 5
        server.thaw()
        assert len(source.fetch_recent("BTCUSDT", MINUTE)) == 0
    finally:
        server.thaw()
        server.remove()


def test_a_password_is_asked_for() -> None:
    server = RedisServer("hunter22secret")
    try:
        with server.client as client:
            client.set(KEY, json.dumps(entries(walk(NOW, 5))))
        assert len(RedisCandleSource(server.url).fetch_recent("BTCUSDT", MINUTE)) == 5
        for password in ("", ":wrong-hunter@"):
            url = f"redis://{password}127.0.0.1:{server.port}/0"
            with pytest.raises(RecentSourceError, match="does not let") as caught:
                RedisCandleSource(url).fetch_recent("BTCUSDT", MINUTE)
            assert "hunter" not in str(caught.value)
    finally:
        server.remove()


def test_a_server_killed_midway_leaves_the_store(tmp_path: Path) -> None:
    server = RedisServer()
    try:
        with server.client as client:
            client.set(KEY, json.dumps(entries(walk(NOW, 5))))
        store = stored(tmp_path, walk(NOW - timedelta(minutes=5), 100))
        hybrid = HybridCandles(store, RedisCandleSource(server.url), now=NOW)
        assert len(hybrid.candles("BTCUSDT", "1m")) == 104  # one is still forming
        server.kill()
        alone = hybrid.candles("BTCUSDT", "1m")
        pd.testing.assert_frame_equal(alone, store.candles("BTCUSDT", "1m"))
        told = hybrid.findings[-1]
        assert told.code == "RECENT_SOURCE_UNUSABLE"
        assert "The candles are the store's alone." in told.message
        server.start()  # on the same port, and empty
        assert len(hybrid.candles("BTCUSDT", "1m")) == 100
        assert hybrid.findings[-1].code == "RECENT_CANDLES_NONE"
    finally:
        server.remove()


# --- together with the store --------------------------------------------------------


def test_the_last_48_hours_are_the_source_s_and_the_rest_the_store_s(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    old = walk(NOW - timedelta(hours=1), 60 * 60)  # 60 hours up to an hour ago
    new = walk(NOW, 55 * 60, close=200.0)  # differs, and begins before the 48 hours
    write(redis, entries(new))
    hybrid = HybridCandles(stored(tmp_path, old), source, now=NOW)
    frame = hybrid.candles("BTCUSDT", "1m")
    since = pd.Timestamp(NOW - timedelta(hours=48))
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    np.testing.assert_array_equal(frame[frame.index < since], old[old.index < since])
    whole = new[(new.index >= since) & (new.index < "2024-03-10T12:00Z")]
    np.testing.assert_array_equal(frame[frame.index >= since], whole)
    both = len(old.index.intersection(whole.index))
    found = codes(hybrid)
    assert found.pop("RECENT_CANDLES_USED") == len(whole)
    assert found == {"CANDLE_FORMING": 1, "RECENT_CANDLES_DIFFER": both}
    (differ,) = (f for f in hybrid.findings if f.code == "RECENT_CANDLES_DIFFER")
    assert "in the store" in differ.samples[0]
    assert "the source's were taken" in differ.message


def test_an_overlap_that_agrees_is_no_finding(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    whole = walk(NOW - timedelta(minutes=1), 300)
    write(redis, entries(whole.iloc[200:]))
    hybrid = HybridCandles(stored(tmp_path, whole.iloc[:250]), source, now=NOW)
    np.testing.assert_array_equal(hybrid.candles("BTCUSDT", "1m"), whole)
    assert codes(hybrid) == {"RECENT_CANDLES_USED": 100}


def test_the_store_fills_what_the_source_lacks(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    whole = walk(NOW - timedelta(minutes=1), 300)
    write(redis, entries(whole.iloc[200:250:2]))
    hybrid = HybridCandles(stored(tmp_path, whole), source, now=NOW)
    np.testing.assert_array_equal(hybrid.candles("BTCUSDT", "1m"), whole)


def test_a_hole_between_the_two_is_told(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    whole = walk(NOW - timedelta(minutes=1), 300)
    write(redis, entries(whole.iloc[200:]))
    hybrid = HybridCandles(stored(tmp_path, whole.iloc[:150]), source, now=NOW)
    assert len(hybrid.candles("BTCUSDT", "1m")) == 250
    assert "RECENT_CANDLES_GAP" in codes(hybrid)


def test_a_span_before_the_48_hours_asks_the_store_only(tmp_path: Path) -> None:
    old = walk(NOW - timedelta(days=5), 100)
    away = RedisCandleSource("redis://127.0.0.1:1/0")
    hybrid = HybridCandles(stored(tmp_path, old), away, now=NOW)
    assert len(hybrid.candles("BTCUSDT", "1m", end="2024-03-06")) == 100
    assert hybrid.findings == []


def test_bounds_cut_both_sides(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    whole = walk(NOW - timedelta(minutes=1), 300)
    write(redis, entries(whole.iloc[200:]))
    hybrid = HybridCandles(stored(tmp_path, whole.iloc[:200]), source, now=NOW)
    for first, last in [(150, 250), (10, 20), (210, 220), (0, 299)]:
        part = hybrid.candles(
            "BTCUSDT",
            "1m",
            start=whole.index[first].to_pydatetime(),
            end=whole.index[last].to_pydatetime(),
        )
        np.testing.assert_array_equal(part, whole.iloc[first : last + 1])


def test_a_store_without_the_series_leaves_the_source(
    redis: Any, source: RedisCandleSource, tmp_path: Path
) -> None:
    hybrid = HybridCandles(stored(tmp_path, walk(NOW, 0)), source, now=NOW)
    with pytest.raises(UnknownNameError):
        hybrid.candles("BTCUSDT", "1m")
    write(redis, entries(walk(NOW, 11)))
    assert len(hybrid.candles("BTCUSDT", "1m")) == 10


# --- through a lab ------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    create_workspace(tmp_path / "home").close()
    return tmp_path / "home"


def test_a_lab_takes_recent_candles(
    home: Path, server: RedisServer, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    write(redis, entries(walk(now - timedelta(minutes=2), 120)))
    with pytest.raises(SettingsError, match="FORESTO_REDIS_URL is not set"):
        fl.open_lab(home).candles("BTCUSDT", "1m", recent=True)
    monkeypatch.setenv("FORESTO_REDIS_URL", server.url)
    lab = fl.open_lab(home)
    assert server.url not in repr(lab.settings)
    frame = lab.candles("BTCUSDT", "1m", recent=True)
    assert len(frame) == 120
    used = {each["code"] for each in frame.attrs["findings"]}
    assert "RECENT_CANDLES_USED" in used
    frame.to_parquet(home / "recent.parquet")  # what is attached can be written
    hours = lab.candles("BTCUSDT", "1h", recent=True, resample_from="1m")
    assert hours["volume"].sum() == pytest.approx(360.0)
    shown = CliRunner().invoke(
        candles_command,
        ["show", "BTCUSDT", "1m", "--recent", "--json"],
        obj=CommandContext(home=home),
    )
    assert shown.exit_code == 0, shown.output
    assert len(json.loads(shown.stdout)) == 20
    assert "RECENT_CANDLES_USED" in shown.stderr


def test_a_url_that_is_none_of_redis_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESTO_REDIS_URL", "http://user:hunter22secret@host/0")
    with pytest.raises(SettingsError, match="FORESTO_REDIS_URL") as caught:
        fl.open_lab(home)
    assert "hunter22secret" not in str(caught.value)


def test_a_session_without_recent_candles_imports_no_client(home: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; import foresto_lab as fl; import foresto_lab.cli.main\n"
        f"lab = fl.open_lab({str(home)!r}); lab.candle_coverage()\n"
        "assert 'redis' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
