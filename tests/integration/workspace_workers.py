"""What each of several processes does with one workspace, as a notebook would."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from foresto_lab.rebalancing import Drift, Periodic
from foresto_lab.runs.provenance import collect_provenance
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.request import SimulationRequest, request_hash
from foresto_lab.scenarios import Scenario, simulate
from foresto_lab.storage import open_storage
from foresto_lab.types import RunKind, RunStatus

ROUNDS = 4
ROWS_PER_LOAD = 300
FIRST_DATE = date(2015, 1, 1)


def price_rows(number: int, turn: int) -> Any:
    """Return the rows of a worker's own symbol, of one turn, and of a shared one."""
    columns: dict[str, list[Any]] = {"symbol": [], "date": [], "close": []}
    for day in range(ROWS_PER_LOAD):
        session = FIRST_DATE + timedelta(days=turn * ROWS_PER_LOAD + day)
        own = f"WORKER_{number}"
        for symbol, close in ((own, 100.0 + number + day / 7), ("SHARED", 50.0 + day)):
            columns["symbol"].append(symbol)
            columns["date"].append(session)
            columns["close"].append(close)
    close = pa.array(columns["close"], pa.float64())
    return pa.table(
        {
            "symbol": pa.array(columns["symbol"], pa.string()),
            "date": pa.array(columns["date"], pa.date32()),
            **dict.fromkeys(("open", "high", "low", "close", "adj_close"), close),
            "volume": pa.nulls(len(close), pa.float64()),
        }
    )


def work(home: str, url: str | None, number: int, begin_at: float) -> dict[str, Any]:
    """Load, define, simulate, register and read everybody's runs, a few times."""
    time.sleep(max(0.0, begin_at - time.time()))
    storage = open_storage(Path(home), url)
    storage.runs.fail_crashed(datetime.now(UTC))
    navs = {}
    for turn in range(ROUNDS):
        table = price_rows(number, turn)
        outcome = storage.series.load_daily_prices(table)
        storage.catalog.record_load(
            source=f"worker {number}, turn {turn}",
            checksum=f"{number * 100 + turn:064x}",
            table="daily_price",
            outcome=outcome,
            findings=(),
            loaded_at=datetime.now(UTC),
            options={},
        )
        weights = {f"WORKER_{number}": 0.6, "SHARED": 0.4}
        storage.catalog.save_scenario(
            Scenario(f"S_{number}_{turn}", "가", "A", weights)
        )
        storage.catalog.save_rule(f"R_{number}", Drift(0.01 * (turn + 1)))
        prices = storage.series.price_matrix(list(weights))
        own = prices[prices[f"WORKER_{number}"].notna()]
        request = SimulationRequest(
            weights=weights, instruments={label: label for label in weights}
        )
        version = storage.series.data_version()
        asked = request_hash(
            RunKind.SIMULATION,
            request,
            engine_version="0.1.0",
            versions={"turn": str(turn), "worker": str(number)},
            data_version=version,
        )
        record = storage.runs.begin(
            RunRecord(
                run_id="",
                kind=RunKind.SIMULATION,
                name=f"S_{number}_{turn}",
                request=request.to_dict(),
                request_hash=asked,
                status=RunStatus.RUNNING,
                data_version=version,
                created_at=datetime.now(UTC),
                **collect_provenance().to_record_fields(),
            )
        )
        result = simulate(own, weights, Periodic("MONTHLY"), calendar="24/7")
        storage.runs.complete(
            record.run_id,
            RunArtifacts(
                {"path": result.path, "events": result.events}, dict(result.summary)
            ),
        )
        found = storage.runs.find_completed(asked)
        assert found is not None
        assert found.run_id == record.run_id
        for other in storage.runs.records(status=RunStatus.COMPLETED):
            storage.runs.artifacts(other.run_id)
        navs[record.run_id] = float(result.path["nav"].iloc[-1])
    return {"number": number, "navs": navs}
