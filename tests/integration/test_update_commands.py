"""`foresto data update` and `foresto candles update`, by the providers' libraries."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foresto_lab.cli.main import foresto
from foresto_lab.errors import ForestoError
from tests.recorded import replay
from tests.recorded.provider_server import Answer, ProviderServer, leading_to

Run = Callable[..., Result]


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    server = ProviderServer()
    with leading_to(server.origin):
        yield server
    server.stop()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs a command in a new workspace."""
    home = tmp_path / "home"

    def command(*words: str) -> Result:
        done = CliRunner().invoke(foresto, ["--home", str(home), *words])
        if isinstance(done.exception, ForestoError):
            raise done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    return command


def parsed(done: Result) -> dict[str, Any]:
    """Return what a command printed as JSON, by symbol."""
    report = json.loads(done.stdout)
    return {update["symbol"]: update for update in report["updates"]}


@pytest.mark.parametrize(
    ("source", "symbol", "behaviour"),
    [
        ("pykrx", "0000J0", replay.naver({"0000J0": "0000J0.xml"})),
        ("fdr", "0000J0", replay.naver({"0000J0": "0000J0.xml"})),
        ("yfinance", "0000J0.KS", replay.yahoo({"0000J0.KS": "0000J0.KS.json"})),
    ],
)
def test_korean_codes_with_letters_work_everywhere(
    provider: ProviderServer, run: Run, source: str, symbol: str, behaviour: Any
) -> None:
    provider.behaviour = behaviour
    done = run("data", "update", symbol, "--source", source, "--json")
    assert done.exit_code == 0
    update = parsed(done)[symbol]
    assert update["status"] == "updated"
    assert update["rows_inserted"] == 38
    assert (update["first_new"], update["last_stored"]) == ("2024-05-02", "2024-06-27")
    listed = json.loads(run("data", "list", "--json").stdout)
    assert {"symbol": symbol, "row_count": 38} == {
        name: listed[0][name] for name in ("symbol", "row_count")
    }
    shown = json.loads(run("instruments", "list", "--json").stdout)
    (instrument,) = [item for item in shown if item["symbol"] == symbol]
    assert (instrument["currency"], instrument["calendar"]) == ("KRW", "XKRX")


@pytest.mark.parametrize("source", ["pykrx", "fdr"])
def test_samsungs_split_is_told_and_then_accepted(
    provider: ProviderServer, run: Run, source: str
) -> None:
    provider.behaviour = replay.naver({"005930": "005930_before_split.xml"})
    assert run("data", "update", "005930", "--source", source).exit_code == 0
    provider.behaviour = replay.naver({"005930": "005930.xml"})

    told = run("data", "update")
    assert told.exit_code == 3
    assert "as by a split of 50:1" in told.output
    assert "Load its whole history anew with --accept-restated" in told.output

    planned = run("data", "update", "--accept-restated", "--dry-run")
    assert planned.exit_code == 0
    assert "would update" in planned.output
    assert "Nothing was stored (--dry-run)." in planned.output

    done = run("data", "update", "--accept-restated", "--json")
    assert done.exit_code == 0
    update = parsed(done)["005930"]
    assert update["status"] == "reloaded"
    assert (update["rows_inserted"], update["rows_updated"]) == (13, 41)
    codes = {finding["code"] for finding in update["findings"]}
    assert {"HISTORY_RELOADED", "HALT_PRICES_EMPTIED"} <= codes

    history = run("data", "history")
    assert f"{source}:005930" in history.output
    assert "HISTORY_RELOADED" in history.output


def test_a_dividend_of_yahoo_restates_the_adjusted_close(
    provider: ProviderServer, run: Run
) -> None:
    provider.behaviour = replay.yahoo({"SPY": "SPY_before_dividend.json"})
    run("data", "update", "SPY", "--source", "yfinance")
    provider.behaviour = replay.yahoo({"SPY": "SPY.json"})
    told = parsed(run("data", "update", "SPY", "--json"))["SPY"]
    assert told["status"] == "restated"
    assert "only the adjusted close, as by a dividend" in told["message"]
    done = parsed(run("data", "update", "SPY", "--accept-restated", "--json"))["SPY"]
    assert done["status"] == "reloaded"
    assert "DIVIDENDS_GIVEN" in {finding["code"] for finding in done["findings"]}


def test_one_unknown_symbol_leaves_the_others_be(
    provider: ProviderServer, run: Run
) -> None:
    provider.behaviour = replay.yahoo({"SPY": "SPY.json", "QNAN": "QNAN.json"})
    done = run("data", "update", "NOPE", "SPY", "QNAN", "--source", "yfinance")
    assert done.exit_code == 4
    assert "Error: yfinance, NOPE: it has no prices" in done.output
    assert "2 updated, 1 failed" in done.output
    assert "Rows without close" in done.output


def test_a_provider_that_wants_an_hour_ends_the_update(
    provider: ProviderServer, run: Run
) -> None:
    provider.behaviour = lambda asked: Answer(b"", 429, {"Retry-After": "3600"})
    done = run("data", "update", "005930", "000660", "--source", "pykrx")
    assert done.exit_code == 4
    assert "it asks to wait 3,600 s" in done.output
    assert "Not tried: 000660: pykrx was not asked any more." in done.output
    assert len(provider.asked) == 1


def test_without_its_library_the_command_says_what_to_install(
    provider: ProviderServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "FinanceDataReader"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "FinanceDataReader", None)
    with pytest.raises(
        ForestoError, match=r"pip install 'foresto-lab\[fdr\]'"
    ) as error:
        run("data", "update", "005930", "--source", "fdr")
    assert error.value.exit_code == 2
    assert provider.asked == []


def test_candles_are_fetched_and_go_on(provider: ProviderServer, run: Run) -> None:
    provider.behaviour = replay.binance(
        {
            ("BTCUSDT", "1h"): "klines_BTCUSDT_1h.json",
            ("ETHUSDT", "1d"): "klines_ETHUSDT_1d.json",
        }
    )
    begin = ("--source", "ccxt:binance", "--start", "2024-05-01")
    done = run("candles", "update", "BTCUSDT", "--timeframe", "1h", *begin)
    assert done.exit_code == 0, done.output
    assert "1 updated; 60 rows new; 1 warning." in done.output
    assert "only its newest candles" in done.output  # they begin after the start
    run("candles", "update", "ETH/USDT", "--timeframe", "1d", *begin)
    again = parsed(run("candles", "update", "--json"))
    assert {name: update["status"] for name, update in again.items()} == {
        "BTCUSDT": "up to date",
        "ETH/USDT": "up to date",
    }
    assert again["BTCUSDT"]["rows_compared"] == 20
    shown = run("candles", "list")
    assert "2024-06-03T11:00Z" in shown.output


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_ctrl_c_while_a_provider_is_slow_keeps_what_is_done(
    tmp_path: Path, repository: Path
) -> None:
    home = tmp_path / "home"
    module = "tests.integration.update_worker"
    worker = subprocess.Popen(
        [sys.executable, "-m", module, str(home)],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "asked\n"
    worker.send_signal(signal.SIGINT)
    printed, said = worker.communicate(timeout=60)
    assert worker.returncode == 130
    assert "Stopped. What was done is stored; run it again to go on." in said
    assert "Traceback" not in said + printed
    listed = CliRunner().invoke(
        foresto, ["--home", str(home), "data", "list", "--json"]
    )
    assert [row["symbol"] for row in json.loads(listed.stdout)] == ["0000J0"]


def test_keys_of_an_exchange_reach_neither_history_nor_output(
    provider: ProviderServer,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "k3y-0f-mine-and-mine-alone"
    monkeypatch.setenv("FORESTO_CCXT_API_KEY", secret)
    monkeypatch.setenv("FORESTO_CCXT_SECRET", secret)
    monkeypatch.setenv("FORESTO_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("FORESTO_LOG_FILE", str(tmp_path / "lines.log"))
    provider.behaviour = replay.binance({("BTCUSDT", "1h"): "klines_BTCUSDT_1h.json"})
    words = ("--source", "ccxt:binance", "--start", "2024-05-01", "--timeframe", "1h")
    done = run("candles", "update", "BTCUSDT", *words)
    assert done.exit_code == 0, done.output
    assert secret not in done.output
    assert secret not in run("data", "history", "--json").output
    assert secret not in (tmp_path / "lines.log").read_text(encoding="utf-8")
    assert secret not in caplog.text
