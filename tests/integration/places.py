"""Places for stores: a folder, or a team's database; filled, opened and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

import foresto_lab as fl
from foresto_lab.storage.backup import BackupReport, make_backup, restore_backup
from foresto_lab.storage.values import to_json_value
from foresto_lab.storage.workspace import open_database
from foresto_lab.types import RunKind, RunStatus
from tests.integration.backup_workers import prices_of
from tests.postgresql_server import DatabaseServer


@dataclass
class Place:
    """A store: a folder, and a database's URL where it is a team's."""

    home: Path
    url: str | None

    @property
    def arguments(self) -> tuple[str, str | None]:
        """What a worker is told of it."""
        return str(self.home), self.url

    def back_up(self, path: Path) -> BackupReport:
        return make_backup(open_database(self.home, self.url), self.home, path)

    def restore(self, path: Path) -> None:
        restore_backup(path, self.home, self.url)

    def open(self) -> fl.Lab:
        return fl.open_lab(self.home, database_url=self.url)

    def is_empty(self) -> bool:
        """Return whether there is no store."""
        if self.url is None:
            return not any(p.is_file() for p in self.home.glob("data/**/*"))
        database = open_database(self.home, self.url)
        with database.reading() as session:
            found = session.connection().exec_driver_sql(
                "SELECT count(*) FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace"
            )
            tables = int(found.scalar_one())
        database.close()
        return tables == 0


@dataclass
class Places:
    """Makes places of one kind, and takes their databases away again."""

    folder: Path
    server: DatabaseServer | None
    names: list[str] = field(default_factory=list)

    def new(self) -> Place:
        """Return a place without a store."""
        self.names.append(f"place-{len(self.names)}")
        home = self.folder / self.names[-1]
        if self.server is None:
            return Place(home, None)
        self.names[-1] = self.server.create_database()
        return Place(home, self.server.url(self.names[-1]))

    def remove(self) -> None:
        for name in self.names:
            if self.server is not None:
                self.server.drop_database(name)


def fill(place: Place) -> None:
    lab = place.open()
    for turn in range(3):
        lab.storage.series.load_daily_prices(prices_of(0, turn))
    lab.update_returns()
    for amount in (1e6, 2e6):
        lab.simulate(
            {"W0A": 0.5, "W0B": 0.5},
            rebalancing="DRIFT_5",
            calendar="24/7",
            initial_amount=amount,
        )
    lab.storage.close()


def differences(left: Place, right: Place, *, with_past: bool = True) -> list[str]:
    """Return in what two stores differ, as their users see it, to the last bit.

    Without the past, runs may be on prices that the right store does not have.
    """
    labs = left.open(), right.open()
    told = []
    for name, look in LOOKS.items():
        first, second = (as_text(look(lab)) for lab in labs)
        if first != second:
            told.append(f"{name}: {first[:200]} is not {second[:200]}")
    for record in labs[0].storage.runs.records(status=RunStatus.COMPLETED):
        if record.path_deleted_at is not None or record.kind is not RunKind.SIMULATION:
            continue
        runs = [lab.storage.runs.artifacts(record.run_id) for lab in labs]
        for name, table in runs[0].tables.items():
            pd.testing.assert_frame_equal(table, runs[1].tables[name], check_exact=True)
        if list(runs[0].tables) != list(runs[1].tables):
            told.append(f"tables of {record.run_id}")
        past = record.data_version != labs[1].storage.series.data_version()
        if past and not with_past:
            continue
        if not labs[1].reproduce(record.run_id).identical:
            told.append(f"{record.run_id} does not reproduce")
    for lab in labs:
        lab.storage.close()
    return told


def all_candles(lab: fl.Lab) -> dict[str, object]:
    store = lab.storage.candles
    pairs = store.candle_coverage()[["symbol", "timeframe"]].to_numpy().tolist()
    return {
        f"{symbol} {timeframe}": store.candles(symbol, timeframe).to_dict("split")
        for symbol, timeframe in pairs
    }


def records(lab: fl.Lab) -> list[dict[str, object]]:
    return [
        {item.name: getattr(record, item.name) for item in fields(record)}
        for record in lab.storage.runs.records()
    ]


LOOKS: dict[str, Callable[[fl.Lab], Any]] = {
    "scenarios": lambda lab: lab.scenarios().to_dict("split"),
    "rules": lambda lab: lab.rules().to_dict("split"),
    "instruments": lambda lab: lab.storage.catalog.instruments(),
    "map": lambda lab: lab.storage.catalog.instrument_map(),
    "loads": lambda lab: lab.storage.catalog.load_history().to_dict("list"),
    "data version": lambda lab: lab.storage.series.data_version(),
    "prices": lambda lab: lab.storage.series.daily_prices().to_dict("list"),
    "returns": lambda lab: lab.storage.series.daily_returns().to_dict("list"),
    "candles": all_candles,
    "candle version": lambda lab: lab.storage.candles.candle_version(),
    "runs": records,
}


def as_text(value: Any) -> str:
    """Return a text that is the same for the same values, every bit of floats told."""
    return json.dumps(to_json_value(value), sort_keys=True, default=repr)
