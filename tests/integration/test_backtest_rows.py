"""What a completed backtest leaves in the tables, on both stores."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, text

from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.models import (
    BacktestEquity,
    BacktestRun,
    BacktestTrade,
    RunArtifact,
)
from foresto_lab.types import RunKind, RunStatus

BARS = 500
START = np.datetime64("2024-02-28T23:59:59.999999", "us")
NOW = datetime.now(UTC)
REQUEST: dict[str, Any] = {
    "strategy_name": "딥 Dip",
    "strategy_version": "1.2.0",
    "strategy_checksum": "5" * 64,
    "symbols": ["005930"],
    "timeframe": "1h",
    "initial_capital": 1e7,
    "execution": {"fee_rate": 0.0004, "stop_loss": None},
}


@pytest.fixture
def storage(tmp_path: Path, either_new_store: str | None) -> Storage:
    return open_storage(tmp_path / "home", either_new_store)


def index() -> pd.DatetimeIndex:
    times = START + np.arange(BARS) * np.timedelta64(3600, "s").astype("m8[us]")
    return pd.DatetimeIndex(times, name="open_time").tz_localize("UTC")


def equity() -> pd.DataFrame:
    random = np.random.default_rng(5)
    worth = 1e7 * np.exp(np.cumsum(random.normal(0, 0.01, BARS)))
    cash = worth * random.random(BARS)
    drawdown = np.minimum(worth / np.maximum.accumulate(worth) - 1, 0.0)
    return pd.DataFrame(
        {
            "equity": worth,
            "cash": cash,
            "position_value": worth - cash,
            "drawdown": drawdown,
            "position": random.choice([-1 / 3, -0.0, 0.1], BARS),
        },
        index=index(),
    )


def trades() -> pd.DataFrame:
    times = index()
    frame = pd.DataFrame(
        {
            "symbol": "005930",
            "side": ["LONG", "SHORT", "LONG"],
            "quantity": [0.1, 1 / 3, 5.0],
            "entry_time": times[[3, 7, 20]],
            "entry_price": [70_000.1, 71_000.0, 72_000.0],
            "entry_reason": "signal",
            "exit_time": pd.Series(times[[5, 19, 20]]).mask([False, False, True]),
            "exit_price": [70_500.0, 70_000.0, math.nan],
            "exit_reason": ["stop_loss", "reverse", "end"],
            "pnl": [1.1, -2.2, 0.1 + 0.2],
            "return_rate": [1e-17, -0.5, 0.25],
            "fees": [0.4, 0.0, 1.0],
            "tax": [0.0, 0.2, 0.0],
            "funding": [-0.01, 0.0, 0.0],
            "max_adverse_excursion": [-0.02, 0.0, -0.1],
            "max_favorable_excursion": [0.0, 0.04, 0.1],
            "bars_held": [2, 12, BARS - 21],
            "is_open": [False, False, True],
        }
    )
    frame["entry_conditions"] = pd.Series(
        [{"rsi": 29.9}, {"rsi": math.nan, "ema": 1 / 3}, {}], dtype=object
    )
    return frame


def summary() -> dict[str, Any]:
    return {
        "final_equity": 1.02e7,
        "total_return": 0.02,
        "annual_return": 0.1,
        "cagr": 0.11,
        "volatility": 0.2,
        "sharpe": 1.5,
        "sortino": math.nan,
        "calmar": None,
        "max_drawdown": -0.08,
        "win_rate": 2 / 3,
        "profit_factor": math.inf,
        "total_trades": 3,
        "total_fees": 1.4,
        "predicted_trades": 3,
        "forecast_was_right": True,
    }


def complete(storage: Storage, **tables: pd.DataFrame) -> str:
    given = {"trades": trades(), "equity": equity(), **tables}
    run = storage.runs.begin(
        RunRecord(
            run_id="",
            kind=RunKind.BACKTEST,
            name="딥 Dip",
            request=REQUEST,
            request_hash="ab" * 32,
            status=RunStatus.RUNNING,
            engine_version="0.1.0",
            data_version="candles_history@1-0123456789ab",
            created_at=NOW,
            expires_at=NOW + timedelta(days=365),
            path_expires_at=NOW + timedelta(days=90),
        )
    )
    storage.runs.complete(run.run_id, RunArtifacts(given, summary()))
    return run.run_id


def test_the_tables_come_back_to_the_last_bit(storage: Storage) -> None:
    kept = storage.runs.artifacts(complete(storage))
    pd.testing.assert_frame_equal(kept.tables["equity"], equity(), check_exact=True)
    read = kept.tables["trades"]
    assert list(map(str, read.pop("entry_conditions"))) == list(
        map(str, trades()["entry_conditions"])
    )
    given = trades().drop(columns="entry_conditions")
    pd.testing.assert_frame_equal(read, given, check_exact=True)
    signs = np.signbit(kept.tables["equity"]["position"].to_numpy())
    assert (signs == np.signbit(equity()["position"].to_numpy())).all()
    assert str(kept.summary) == str(summary())


def test_the_run_has_its_row(storage: Storage) -> None:
    run_id = complete(storage)
    with storage.database.reading() as session:
        row = session.get(BacktestRun, run_id)
    assert row is not None
    assert (row.strategy_name, row.strategy_version) == ("딥 Dip", "1.2.0")
    assert row.symbols == ["005930"]
    assert row.timeframe == "1h"
    assert row.start_at == datetime(2024, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
    assert row.end_at == row.start_at + timedelta(hours=BARS - 1)
    assert (row.initial_capital, row.final_equity) == (1e7, 1.02e7)
    assert (row.sharpe, row.win_rate, row.max_drawdown) == (1.5, 2 / 3, -0.08)
    assert (row.sortino, row.calmar, row.profit_factor) == (None, None, None)
    assert (row.total_trades, row.predicted_trades) == (3, 3)
    assert row.execution == {"fee_rate": 0.0004, "stop_loss": None}


def test_each_trade_has_its_row(storage: Storage) -> None:
    run_id = complete(storage)
    with storage.database.reading() as session:
        query = select(BacktestTrade).where(BacktestTrade.run_id == run_id)
        rows = session.scalars(query.order_by(BacktestTrade.sequence)).all()
    given = trades()
    assert [row.sequence for row in rows] == [0, 1, 2]
    for name in ("side", "quantity", "entry_price", "pnl", "return_rate", "tax"):
        assert [getattr(row, name) for row in rows] == given[name].tolist()
    assert [row.entry_time for row in rows] == given["entry_time"].tolist()
    assert rows[0].exit_time == given["exit_time"][0]
    assert (rows[2].exit_time, rows[2].exit_price) == (None, None)
    assert rows[0].entry_conditions == {"rsi": 29.9}
    assert rows[1].entry_conditions == {"rsi": {"$float": "nan"}, "ema": 1 / 3}


def test_equity_is_rows_on_postgresql(storage: Storage) -> None:
    run_id = complete(storage)
    if storage.database.dialect == "sqlite":
        path = storage.home / "data" / "runs" / run_id / "equity.parquet"
        assert path.is_file()
        return
    with storage.database.reading() as session:
        rows = session.scalars(
            select(BacktestEquity)
            .where(BacktestEquity.run_id == run_id)
            .order_by(BacktestEquity.bar_time)
        ).all()
        stored = session.execute(
            select(RunArtifact.name, RunArtifact.stored_as).order_by(RunArtifact.name)
        ).all()
    assert [tuple(row) for row in stored] == [("equity", "rows"), ("trades", "parquet")]
    assert [row.bar_time for row in rows] == index().tolist()
    for name in equity().columns:
        assert [getattr(row, name) for row in rows] == equity()[name].tolist()
    assert {row.expires_on for row in rows} == {(NOW + timedelta(days=90)).date()}


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.assign(extra=1.0),
        lambda table: table.assign(cash=np.nan),
        lambda table: table.assign(drawdown=0.5),
        lambda table: table.iloc[:0],
        lambda table: table.iloc[::-1],
        lambda table: table.tz_localize(None),
        lambda table: table.tz_convert("Asia/Seoul"),
    ],
)
def test_an_equity_of_another_shape_comes_back_too(
    storage: Storage, change: Any
) -> None:
    given = change(equity())
    run_id = complete(storage, equity=given)
    kept = storage.runs.artifacts(run_id).tables["equity"]
    pd.testing.assert_frame_equal(kept, given, check_exact=True)


def test_deleting_a_run_deletes_its_rows(storage: Storage) -> None:
    first, second = complete(storage), complete(storage)
    storage.runs.delete(first)
    models = [BacktestRun, BacktestTrade]
    if storage.database.dialect == "postgresql":
        models.append(BacktestEquity)  # type: ignore[arg-type]
    with storage.database.reading() as session:
        for model in models:
            owners = session.scalars(select(model.run_id).distinct()).all()
            assert owners == [second]


def test_a_changed_equity_is_noticed(storage: Storage) -> None:
    if storage.database.dialect == "sqlite":
        pytest.skip("a file's SHA-256 is held by the run store's contract")
    from foresto_lab.errors import CorruptStoreError

    run_id = complete(storage)
    with storage.database.writing() as session:
        session.execute(
            text("UPDATE backtest_equity SET cash = cash + 1e-9 WHERE position = 0.1")
        )
    with pytest.raises(CorruptStoreError, match="SHA-256 of equity"):
        storage.runs.artifacts(run_id)


def test_other_kinds_leave_no_rows_of_backtests(storage: Storage) -> None:
    run = storage.runs.begin(
        RunRecord(
            run_id="",
            kind=RunKind.SIMULATION,
            name="MIN_VOL",
            request={},
            request_hash="cd" * 32,
            status=RunStatus.RUNNING,
            engine_version="0.1.0",
            data_version="daily_price@none",
            created_at=NOW,
        )
    )
    storage.runs.complete(run.run_id, RunArtifacts({"path": equity()}, {}))
    with storage.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(BacktestRun)) == 0
