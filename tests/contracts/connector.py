"""What every connector must do: one test per sentence of the protocol's contract.

A connector's test module subclasses one of the contracts and gives the fixture
``case``: the connector, what the recorded answers hold, and how they are changed.
Every request goes over a real socket to a real server, by the provider's own library.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from foresto_lab.errors import (
    ConnectorError,
    MissingExtraError,
    NothingGivenError,
    ProviderUnreachableError,
    RateLimitedError,
    UnreadableAnswerError,
)
from foresto_lab.market.protocols import CANDLE_COLUMNS, DAILY_PRICE_COLUMNS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors import CandleConnector, DailyConnector
from tests.recorded.provider_server import Answer, Behaviour, ProviderServer, leading_to

PAGE = "<!DOCTYPE html>\n<html><head><title>점검</title></head></html>".encode()


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    """Return a server that every request of the libraries is led to."""
    server = ProviderServer()
    with leading_to(server.origin):
        yield server
    server.stop()


def saying(answer: Answer) -> Behaviour:
    """Return a provider that always says the same."""
    return lambda asked: answer


def changed(usual: Behaviour, change: Callable[[Answer], Answer]) -> Behaviour:
    """Return a provider whose every answer is changed on its way."""
    return lambda asked: change(usual(asked))


def half(answer: Answer) -> Answer:
    """Return an answer whose second half is missing, its length told rightly."""
    return Answer(answer.body[: len(answer.body) // 2], answer.status, kind=answer.kind)


def cut_short(answer: Answer) -> Answer:
    """Return an answer during which the connection breaks."""
    body = answer.body
    return Answer(body, answer.status, kind=answer.kind, cut=len(body) // 2)


def transient(error: pytest.ExceptionInfo[ConnectorError]) -> bool:
    """Return whether asking again may help."""
    return error.value.transient


def damaged(answer: Answer, *, place: float, byte: bytes) -> Answer:
    """Return an answer one byte of which is another, its length the same."""
    at = int(place * len(answer.body))
    body = answer.body[:at] + byte + answer.body[at + 1 :]
    return Answer(body, answer.status, kind=answer.kind)


@dataclass(frozen=True)
class DailyCase:
    """A connector, and what its recorded answers hold.

    ``renamed`` takes an answer and gives other names to what is in it; ``again`` holds
    its last row twice, ``contradicted`` twice with two different closes.
    """

    connector: DailyConnector
    usual: Behaviour
    symbol: str
    start: date
    end: date
    row_count: int
    last_row: dict[str, object]
    renamed: Callable[[Answer], Answer]
    again: Callable[[Answer], Answer]
    contradicted: Callable[[Answer], Answer]
    unknown: str = "117930"

    def fetch(self) -> pa.Table:
        """Return the rows of the whole span."""
        return self.connector.fetch_daily(self.symbol, self.start, self.end).table


class ConnectorContract:
    """What daily connectors and those of candles share."""

    def fetch(self, case: object) -> pa.Table:
        raise NotImplementedError

    def test_a_web_page_in_place_of_data_is_told_as_one(self, provider, case) -> None:
        provider.behaviour = saying(Answer(PAGE, kind="text/html"))
        with pytest.raises(UnreadableAnswerError, match="web page") as error:
            self.fetch(case)
        assert transient(error)

    def test_too_many_requests_are_told_with_the_wait_asked_for(
        self, provider, case
    ) -> None:
        asked = {"Retry-After": "17"}
        provider.behaviour = saying(
            Answer(b"Too Many Requests", 429, asked, "text/plain")
        )
        with pytest.raises(RateLimitedError, match="429") as error:
            self.fetch(case)
        assert transient(error)
        assert error.value.retry_after == 17.0

    def test_a_server_out_of_order_may_be_asked_again(self, provider, case) -> None:
        provider.behaviour = saying(Answer(PAGE, 503, kind="text/html"))
        with pytest.raises(ProviderUnreachableError, match="503") as error:
            self.fetch(case)
        assert transient(error)

    def test_a_refusal_is_not_asked_again(self, provider, case) -> None:
        provider.behaviour = saying(Answer(b"{}", 403))
        with pytest.raises(ProviderUnreachableError, match="403") as error:
            self.fetch(case)
        assert not transient(error)

    def test_a_broken_connection_may_be_asked_again(self, provider, case) -> None:
        provider.behaviour = changed(case.usual, cut_short)
        with pytest.raises(ConnectorError) as error:
            self.fetch(case)
        assert transient(error)

    def test_half_an_answer_is_not_taken_for_a_whole_one(self, provider, case) -> None:
        provider.behaviour = changed(case.usual, half)
        with pytest.raises(UnreadableAnswerError, match="cut off") as error:
            self.fetch(case)
        assert transient(error)

    def test_an_empty_answer_is_an_error(self, provider, case) -> None:
        provider.behaviour = saying(Answer(b""))
        with pytest.raises(ConnectorError):
            self.fetch(case)

    def test_without_a_network_the_sentence_says_so(self, provider, case) -> None:
        provider.stop()
        with pytest.raises(
            ProviderUnreachableError, match="cannot be reached"
        ) as error:
            self.fetch(case)
        assert transient(error)
        assert "network" in str(error.value)

    def test_renamed_fields_are_told_as_such(self, provider, case) -> None:
        provider.behaviour = changed(case.usual, case.renamed)
        with pytest.raises(UnreadableAnswerError) as error:
            self.fetch(case)
        assert case.connector.facts.name in str(error.value)
        assert not transient(error)

    def test_two_different_rows_of_one_moment_are_no_answer(
        self, provider, case
    ) -> None:
        provider.behaviour = changed(case.usual, case.contradicted)
        with pytest.raises(UnreadableAnswerError, match="two different"):
            self.fetch(case)

    def test_damage_ends_in_a_sentence_or_in_a_table(self, provider, case) -> None:
        """Sixty answers, each damaged in another place by another byte."""
        random = np.random.default_rng(20240628)
        for _ in range(60):
            place, byte = random.random(), bytes([int(random.integers(32, 127))])
            damage = partial(damaged, place=place, byte=byte)
            provider.behaviour = changed(case.usual, damage)
            with suppress(ConnectorError):
                assert next(iter(self.fetch(case).column_names)) == "symbol"

    def test_a_missing_library_is_told_with_the_command(
        self, provider, case, monkeypatch
    ) -> None:
        facts = case.connector.facts
        for name in [
            n for n in sys.modules if n.split(".")[0] == facts.module.split(".")[0]
        ]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, facts.module.split(".")[0], None)
        with pytest.raises(MissingExtraError) as error:
            self.fetch(type(case)(**{**vars(case), "connector": fresh(case.connector)}))
        assert f"pip install 'foresto-lab[{facts.extra}]'" in str(error.value)

    def test_the_library_says_nothing_on_the_terminal(
        self, provider, case, capfd
    ) -> None:
        provider.behaviour = case.usual
        self.fetch(case)
        assert capfd.readouterr() == ("", "")

    def test_requests_are_what_they_were_afterwards(self, provider, case) -> None:
        import requests

        before = requests.Session.send
        provider.behaviour = case.usual
        self.fetch(case)
        provider.behaviour = saying(Answer(b"", 503))
        with pytest.raises(ConnectorError):
            self.fetch(case)
        assert requests.Session.send is before


def fresh(connector: object) -> object:
    """Return a connector that has not been asked for anything yet."""
    exchange = getattr(connector, "exchange", None)
    kind = type(connector)
    return kind(exchange) if exchange else kind()


class DailyConnectorContract(ConnectorContract):
    """What a connector of daily prices must do."""

    def fetch(self, case: DailyCase) -> pa.Table:
        return case.fetch()

    def test_an_answer_has_the_canonical_columns(self, provider, case) -> None:
        provider.behaviour = case.usual
        table = case.fetch()
        assert tuple(table.column_names) == DAILY_PRICE_COLUMNS
        assert table.schema.field("date").type == pa.date32()
        assert pa.types.is_dictionary(table.schema.field("symbol").type)
        for name in DAILY_PRICE_COLUMNS[2:]:
            assert table.schema.field(name).type == pa.float64()
        assert table["symbol"].unique().to_pylist() == [case.symbol]

    def test_an_answer_holds_the_rows_from_start_to_end(self, provider, case) -> None:
        provider.behaviour = case.usual
        table = case.fetch()
        days = table["date"].to_pylist()
        assert len(days) == case.row_count
        assert days == sorted(set(days))
        assert case.start <= days[0]
        assert days[-1] <= case.end
        last = table.slice(len(days) - 1).to_pylist()[0]
        assert {name: last[name] for name in case.last_row} == case.last_row

    def test_both_ends_are_included(self, provider, case) -> None:
        provider.behaviour = case.usual
        days = case.fetch()["date"].to_pylist()
        first, last = days[1], days[-2]
        table = case.connector.fetch_daily(case.symbol, first, last).table
        assert table["date"].to_pylist() == days[1:-1]

    def test_an_unknown_symbol_gives_nothing(self, provider, case) -> None:
        provider.behaviour = case.usual
        with pytest.raises(NothingGivenError, match=case.unknown) as error:
            case.connector.fetch_daily(case.unknown, case.start, case.end)
        assert "delisted" in str(error.value)
        assert not transient(error)

    def test_a_span_without_rows_gives_nothing(self, provider, case) -> None:
        provider.behaviour = case.usual
        day = case.end + timedelta(days=400)
        with pytest.raises(NothingGivenError):
            case.connector.fetch_daily(case.symbol, day, day)

    def test_a_row_given_twice_is_taken_once(self, provider, case) -> None:
        provider.behaviour = changed(case.usual, case.again)
        answer = case.connector.fetch_daily(case.symbol, case.start, case.end)
        assert answer.table.num_rows == case.row_count

    def test_requests_of_other_threads_are_not_touched(self, provider, case) -> None:
        import requests

        seen: list[int] = []
        usual = case.usual

        def while_asked(asked):
            if asked.path == "/other":
                return Answer(b"", 429)
            if not seen:
                other = threading.Thread(
                    target=lambda: seen.append(
                        requests.get(f"{provider.origin}/other", timeout=5).status_code
                    )
                )
                other.start()
                other.join()
            return usual(asked)

        provider.behaviour = while_asked
        case.fetch()
        assert seen == [429]


@dataclass(frozen=True)
class CandleCase:
    """A connector of candles, and what its recorded answers hold."""

    connector: CandleConnector
    usual: Behaviour
    symbol: str
    timeframe: Timeframe
    start: datetime
    end: datetime
    row_count: int
    last_row: dict[str, object]
    renamed: Callable[[Answer], Answer]
    contradicted: Callable[[Answer], Answer]
    unknown: str = "NOPE/USDT"

    def fetch(self) -> pa.Table:
        """Return the first page of the span."""
        answer = self.connector.fetch_candles(
            self.symbol, self.timeframe, self.start, self.end
        )
        return answer.table


class CandleConnectorContract(ConnectorContract):
    """What a connector of candles must do."""

    def fetch(self, case: CandleCase) -> pa.Table:
        return case.fetch()

    def test_an_answer_has_the_canonical_columns(self, provider, case) -> None:
        provider.behaviour = case.usual
        table = case.fetch()
        assert tuple(table.column_names) == CANDLE_COLUMNS
        assert table.schema.field("open_time").type == pa.timestamp("us", "UTC")
        assert table["symbol"].unique().to_pylist() == [case.symbol]
        assert table["timeframe"].unique().to_pylist() == [str(case.timeframe)]

    def test_an_answer_holds_the_candles_from_start_to_end(
        self, provider, case
    ) -> None:
        provider.behaviour = case.usual
        table = case.fetch()
        opens = [moment.astimezone(UTC) for moment in table["open_time"].to_pylist()]
        assert len(opens) == case.row_count
        assert opens == sorted(set(opens))
        assert opens[0] == case.start
        assert opens[-1] == case.end
        last = table.slice(len(opens) - 1).to_pylist()[0]
        assert {name: last[name] for name in case.last_row} == case.last_row

    def test_an_unknown_market_gives_nothing(self, provider, case) -> None:
        provider.behaviour = case.usual
        with pytest.raises(NothingGivenError, match=case.unknown) as error:
            case.connector.fetch_candles(
                case.unknown, case.timeframe, case.start, case.end
            )
        assert not transient(error)

    def test_a_span_without_candles_is_empty(self, provider, case) -> None:
        provider.behaviour = case.usual
        start = case.end + timedelta(days=400)
        table = case.connector.fetch_candles(
            case.symbol, case.timeframe, start, start + timedelta(days=1)
        ).table
        assert table.num_rows == 0
        assert tuple(table.column_names) == CANDLE_COLUMNS
