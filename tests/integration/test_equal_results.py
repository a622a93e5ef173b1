"""The same work on the embedded store and on PostgreSQL: every bit of it is equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.lab import Lab
from foresto_lab.runs.record import RunRecord

US = {"equity": "SPY", "bond": "IEF", "cash": "BIL", "gold": "GLD", "other": "DBC"}
END = "2025-09-26"
REQUESTS = (
    {
        "portfolio": "MIN_VOL",
        "rebalancing": "MONTHLY",
        "start": "2010-01-04",
        "end": END,
    },
    {"portfolio": "GROWTH", "rebalancing": "DRIFT_5", "end": END},
    {
        "portfolio": "DEFENSIVE",
        "rebalancing": "HYBRID",
        "execution": "next_close",
        "end": END,
    },
    {"portfolio": {"SPY": 0.6, "TLT": 0.3}, "initial_amount": 12345.678, "end": END},
)


@pytest.fixture
def labs(
    tmp_path: Path, team_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Lab, Lab]]:
    monkeypatch.delenv("FORESTO_DATABASE_URL", raising=False)
    pair = fl.open_lab(tmp_path / "embedded"), fl.open_lab(tmp_path / "team", team_url)
    yield pair
    for lab in pair:
        lab.storage.close()


def load_everything(lab: Lab, shared_data: Path, folder: Path) -> None:
    """Load, restate a day, add rows before and after, and bring returns along."""
    source = shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet"
    lab.load_prices(source, calendar="XNYS")
    lab.update_returns()
    restated = folder / "SPY.csv"
    restated.write_text("date,close\n2025-09-25,600.1\n2025-09-29,601.3\n")
    lab.load_prices(restated)
    lab.update_returns()
    lab.map_instruments(**US)


def comparable(record: RunRecord) -> dict[str, object]:
    return {
        name: getattr(record, name)
        for name in (
            "kind",
            "name",
            "request",
            "request_hash",
            "status",
            "engine_version",
            "data_version",
            "summary",
        )
    }


def test_every_number_is_the_same(
    labs: tuple[Lab, Lab], shared_data: Path, tmp_path: Path
) -> None:
    for lab in labs:
        load_everything(lab, shared_data, tmp_path)
    embedded, team = labs
    assert embedded.storage.series.data_version() == team.storage.series.data_version()
    for read in (
        lambda lab: lab.coverage(),
        lambda lab: lab.storage.series.daily_prices(),
        lambda lab: lab.storage.series.daily_returns(),
        lambda lab: lab.storage.series.monthly_closes(),
        lambda lab: lab.instruments(),
        lambda lab: lab.scenarios(),
        lambda lab: lab.rules(),
        lambda lab: lab.quality().to_frame(),
        lambda lab: lab.health(as_of="2025-10-31").coverage,
    ):
        pd.testing.assert_frame_equal(read(embedded), read(team), check_exact=True)
    for request in REQUESTS:
        runs = [lab.simulate(**request) for lab in labs]
        kept = [lab.run(str(run.run_id)) for lab, run in zip(labs, runs, strict=True)]
        for one, other in ((runs[0], runs[1]), (kept[0], kept[1]), (runs[0], kept[1])):
            assert one.request_hash == other.request_hash
            pd.testing.assert_frame_equal(one.path, other.path, check_exact=True)
            pd.testing.assert_frame_equal(one.events, other.events, check_exact=True)
            assert dict(one.summary) == dict(other.summary)
            assert one.findings == other.findings
        records = [
            lab.run_record(str(run.run_id)) for lab, run in zip(labs, runs, strict=True)
        ]
        assert comparable(records[0]) == comparable(records[1])
        for lab, run in zip(labs, runs, strict=True):
            assert lab.reproduce(str(run.run_id)).identical
