"""What processes do to backtests of one workspace; see ``forked``."""

from __future__ import annotations

import time
from pathlib import Path

from tests.integration.forked import say
from tests.integration.run_workers import stop_here

TURNS = 3
WAIT_SECONDS = 120.0


def backtest_in_turn(home: str, url: str | None, number: int) -> None:
    """Backtest, reuse and read runs when all are ready; say what was computed."""
    import foresto_lab as fl

    lab = fl.open_lab(home, url)
    say("ready")
    deadline = time.monotonic() + WAIT_SECONDS
    while not (Path(home) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    done = {}
    for turn in range(TURNS):
        result = lab.backtest(
            "rsi_reversal",
            symbols=["AAA"],
            timeframe="1h",
            initial_capital=1_000_000 + 1_000 * number + turn,
        )
        shared = lab.backtest("hyperrsi", symbols=["AAA"], timeframe="1h")
        done[result.run_id] = float(result.equity["equity"].iloc[-1])
        assert lab.run(shared.run_id).metrics["total_trades"] > 0
        lab.save_strategy("rsi_reversal", name=f"Worker {number}")
    say([number, done])


def stop_while_computing(home: str, url: str | None) -> None:
    """Backtest, and stop between the registration and the result."""
    import foresto_lab as fl
    from foresto_lab.runs import backtest

    lab = fl.open_lab(home, url)
    backtest.backtest = lambda *_, **__: stop_here("computing")  # type: ignore[assignment]
    lab.backtest("hyperrsi", symbols=["AAA"], timeframe="1h")


def stop_before_the_commit(home: str, url: str | None) -> None:
    """Backtest, and stop when the rows of its trades are about to be written."""
    import foresto_lab as fl
    from foresto_lab.storage import run_store
    from foresto_lab.storage.postgresql import run_store as team_store

    lab = fl.open_lab(home, url)
    for store in (run_store, team_store):
        store.trade_rows = lambda *_, **__: stop_here("writing")  # type: ignore[attr-defined]
    lab.backtest("hyperrsi", symbols=["AAA"], timeframe="1h")
