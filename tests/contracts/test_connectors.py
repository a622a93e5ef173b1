"""The connectors' contract, held by each of them over its recorded answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from foresto_lab.errors import UnknownNameError, UnreadableAnswerError
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors import candle_connector, daily_connector
from tests.contracts.connector import (
    CandleCase,
    CandleConnectorContract,
    DailyCase,
    DailyConnectorContract,
    provider,
)
from tests.recorded import replay
from tests.recorded.provider_server import Answer, Asked

__all__ = ["provider"]


def _same_answer(answer: Answer, body: bytes) -> Answer:
    return Answer(body, answer.status, kind=answer.kind)


# --- Naver's chart ------------------------------------------------------------------


def _last_item(text: bytes) -> bytes:
    return re.findall(rb"\t\t<item [^\n]*\n", text)[-1]


def chart_renamed(answer: Answer) -> Answer:
    """Its rows hold one value less: the columns are others."""
    return _same_answer(answer, re.sub(rb"\|\d+\" />", b'" />', answer.body))


def chart_again(answer: Answer) -> Answer:
    item = _last_item(answer.body)
    return _same_answer(answer, answer.body.replace(item, item + item))


def chart_contradicted(answer: Answer) -> Answer:
    item = _last_item(answer.body)
    other = re.sub(rb"\|(\d+)\" />", rb'|1\1" />', item)
    return _same_answer(answer, answer.body.replace(item, item + other))


NAVER = {
    "usual": replay.naver({"0000J0": "0000J0.xml"}),
    "symbol": "0000J0",
    "start": date(2024, 5, 2),
    "end": date(2024, 6, 27),
    "row_count": 38,
    "last_row": {"date": date(2024, 6, 27), "close": 10350.0, "adj_close": 10350.0},
    "renamed": chart_renamed,
    "again": chart_again,
    "contradicted": chart_contradicted,
}


class TestPykrx(DailyConnectorContract):
    @pytest.fixture
    def case(self) -> DailyCase:
        return DailyCase(connector=daily_connector("pykrx"), **NAVER)


class TestFinanceDataReaderOfKoreanCodes(DailyConnectorContract):
    @pytest.fixture
    def case(self) -> DailyCase:
        return DailyCase(connector=daily_connector("fdr"), **NAVER)


# --- Yahoo's chart ------------------------------------------------------------------


def _changed_chart(answer: Answer, change: Any) -> Answer:
    chart = json.loads(answer.body) if answer.body[:1] == b"{" else {}
    result = (chart.get("chart") or {}).get("result")
    if not result:
        return answer
    change(result[0])
    return _same_answer(answer, json.dumps(chart).encode())


def yahoo_renamed(answer: Answer) -> Answer:
    def rename(result: dict[str, Any]) -> None:
        quote = result["indicators"]["quote"][0]
        quote["last"] = quote.pop("close")

    return _changed_chart(answer, rename)


def _repeat_last(result: dict[str, Any], more: float) -> None:
    result["timestamp"].append(result["timestamp"][-1])
    for group in result["indicators"].values():
        for column in group[0].values():
            column.append(column[-1] + more)


def yahoo_again(answer: Answer) -> Answer:
    return _changed_chart(answer, lambda result: _repeat_last(result, 0.0))


def yahoo_contradicted(answer: Answer) -> Answer:
    return _changed_chart(answer, lambda result: _repeat_last(result, 1.0))


YAHOO = {
    "usual": replay.yahoo({"SPY": "SPY.json"}),
    "symbol": "SPY",
    "start": date(2024, 4, 1),
    "end": date(2024, 6, 27),
    "row_count": 62,
    "last_row": {"date": date(2024, 6, 27), "close": 546.3699951171875},
    "renamed": yahoo_renamed,
    "again": yahoo_again,
    "contradicted": yahoo_contradicted,
    "unknown": "NOPE",
}


class TestYfinance(DailyConnectorContract):
    @pytest.fixture
    def case(self) -> DailyCase:
        return DailyCase(connector=daily_connector("yfinance"), **YAHOO)

    def test_two_different_rows_of_one_moment_are_no_answer(self, provider, case):
        """Of two live rows yfinance itself keeps the first; the close is not mixed."""
        provider.behaviour = lambda asked: yahoo_contradicted(case.usual(asked))
        table = case.fetch()
        assert table.num_rows == case.row_count


class TestFinanceDataReaderOfOtherSymbols(DailyConnectorContract):
    @pytest.fixture
    def case(self) -> DailyCase:
        return DailyCase(connector=daily_connector("fdr"), **YAHOO)


# --- Binance by ccxt ----------------------------------------------------------------


def klines_renamed(answer: Answer) -> Answer:
    if answer.body[:2] != b"[[":
        return answer
    rows = [{"T": row[0], "c": row[4]} for row in json.loads(answer.body)]
    return _same_answer(answer, json.dumps(rows).encode())


def klines_contradicted(answer: Answer) -> Answer:
    if answer.body[:2] != b"[[":
        return answer
    rows = json.loads(answer.body)
    other = [*rows[-1]]
    other[4] = "1.0"
    return _same_answer(answer, json.dumps([*rows, other]).encode())


def upbit(asked: Asked) -> Answer:
    """Answer as Upbit does: 450 hours from 2024-06-01 on, 200 at once."""
    if asked.path == "/v1/market/all":
        market = {
            "market": "KRW-BTC",
            "korean_name": "비트코인",
            "english_name": "Bitcoin",
        }
        return Answer(json.dumps([market]).encode())
    assert asked.path == "/v1/candles/minutes/60"
    to = datetime.fromisoformat(asked.query["to"].replace("Z", "+00:00"))
    begin = datetime(2024, 6, 1, tzinfo=UTC)
    opens = [begin + n * timedelta(hours=1) for n in range(450)]
    kept = [t for t in opens if t < to][-min(200, int(asked.query["count"])) :]
    rows = [
        {
            "market": "KRW-BTC",
            "candle_date_time_utc": f"{t:%Y-%m-%dT%H:%M:%S}",
            "opening_price": 9.5e7,
            "high_price": 9.6e7,
            "low_price": 9.4e7,
            "trade_price": 9.5e7,
            "timestamp": int(t.timestamp() * 1000) + 3_599_000,
            "candle_acc_trade_price": 1e9,
            "candle_acc_trade_volume": 10.5,
            "unit": 60,
        }
        for t in reversed(kept)
    ]
    return Answer(json.dumps(rows).encode())


class TestCcxt(CandleConnectorContract):
    @pytest.fixture
    def case(self) -> CandleCase:
        return CandleCase(
            connector=candle_connector("ccxt:binance"),
            usual=replay.binance({("BTCUSDT", "1h"): "klines_BTCUSDT_1h.json"}),
            symbol="BTC/USDT",
            timeframe=Timeframe.ONE_HOUR,
            start=datetime(2024, 6, 1, tzinfo=UTC),
            end=datetime(2024, 6, 3, 11, tzinfo=UTC),
            row_count=60,
            last_row={"close": 67700.0},
            renamed=klines_renamed,
            contradicted=klines_contradicted,
        )

    def test_a_market_may_be_named_as_the_exchange_names_it(self, provider, case):
        provider.behaviour = case.usual
        table = case.connector.fetch_candles(
            "BTCUSDT", case.timeframe, case.start, case.end
        ).table
        assert table["symbol"].unique().to_pylist() == ["BTCUSDT"]
        assert table.num_rows == case.row_count

    def test_an_exchange_that_counts_back_from_an_end_leaves_no_gap(self, provider):
        """Upbit gives 200 candles before ``to``, the newest first, at most."""
        provider.behaviour = upbit
        connector = candle_connector("ccxt:upbit")
        start = datetime(2024, 6, 1, tzinfo=UTC)
        end = start + 449 * timedelta(hours=1)
        opens: list[datetime] = []
        while start <= end:
            page = connector.fetch_candles("BTC/KRW", Timeframe.ONE_HOUR, start, end)
            given = [t.astimezone(UTC) for t in page.table["open_time"].to_pylist()]
            opens += given
            start = given[-1] + timedelta(microseconds=1)
        expected = [end - n * timedelta(hours=1) for n in range(450)]
        assert opens == expected[::-1]

    def test_a_span_before_the_listing_is_stepped_over(self, provider):
        provider.behaviour = upbit
        connector = candle_connector("ccxt:upbit")
        first, end = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC)
        page = connector.fetch_candles("BTC/KRW", Timeframe.ONE_HOUR, first, end)
        opens = [t.astimezone(UTC) for t in page.table["open_time"].to_pylist()]
        assert opens[0] == datetime(2024, 6, 1, tzinfo=UTC)

    def test_timeframes_go_from_short_to_long(self, case):
        given = case.connector.timeframes()
        assert given == sorted(given)
        assert Timeframe.ONE_MINUTE in given

    def test_an_unknown_timeframe_is_told_with_those_there_are(self, provider):
        with pytest.raises(UnknownNameError, match="timeframe of coinbase"):
            candle_connector("ccxt:coinbase").fetch_candles(
                "BTC/USD",
                Timeframe.ONE_MONTH,
                datetime(2024, 6, 1, tzinfo=UTC),
                datetime(2024, 6, 2, tzinfo=UTC),
            )

    def test_an_unknown_exchange_is_told_with_the_near_ones(self):
        with pytest.raises(UnknownNameError, match="binance"):
            candle_connector("ccxt:binanze").timeframes()

    def test_no_secret_is_in_a_sentence_or_a_repr(self, provider, case):
        secret = "s3cr3t-k3y-0f-mine"
        connector = candle_connector(
            "ccxt:binance", {"apiKey": secret, "secret": secret}
        )
        assert secret not in repr(connector)
        provider.behaviour = lambda asked: Answer(
            json.dumps({"code": -2014, "msg": f"API-key {secret} invalid."}).encode(),
            400,
        )
        with pytest.raises(Exception, match="ccxt:binance") as error:
            connector.fetch_candles(case.symbol, case.timeframe, case.start, case.end)
        assert secret not in str(error.value)
        assert secret not in repr(error.value.facts)


HOLLOW = replay.naver({"0000J0": "0000J0_row_without_values.xml"})


def test_a_row_of_naver_without_values_is_left_out_by_one_library(provider) -> None:
    provider.behaviour = HOLLOW
    answer = daily_connector("fdr").fetch_daily("0000J0", NAVER["start"], NAVER["end"])
    assert answer.table["date"].to_pylist()[-1] == date(2024, 6, 26)
    assert [finding.code for finding in answer.findings] == ["ROWS_WITHOUT_CLOSE"]


def test_and_told_where_the_other_library_stumbles_over_it(provider) -> None:
    provider.behaviour = HOLLOW
    with pytest.raises(UnreadableAnswerError, match="--source fdr"):
        daily_connector("pykrx").fetch_daily("0000J0", NAVER["start"], NAVER["end"])


def test_no_library_is_imported_before_it_is_asked() -> None:
    script = (
        "import sys\n"
        "from foresto_lab.sources.connectors import candle_connector, daily_connector\n"
        "[daily_connector(name) for name in ('pykrx', 'fdr', 'yfinance')]\n"
        "candle_connector('ccxt:binance')\n"
        "libraries = {'pykrx', 'FinanceDataReader', 'yfinance', 'ccxt', 'requests'}\n"
        "print(sorted(libraries & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
