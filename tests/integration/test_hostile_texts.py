"""SQL, format strings and markup in every text that a user can give, on both stores."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

import foresto_lab as fl
from foresto_lab.errors import ForestoError
from foresto_lab.lab import Lab
from foresto_lab.scenarios import Instrument, Scenario
from tests.contracts.run_store import new_record, small_artifacts

HOSTILE = (
    "'; DROP TABLE simulation_run; --",
    '"; DELETE FROM daily_price; --',
    "$$; TRUNCATE instrument_master; $$",
    "x') OR ('1'='1",
    "%s %(name)s %% {0} {symbol} :name \\",
    "COPY t FROM PROGRAM 'true'",
    "E'\\047; SELECT pg_sleep(9)",
    "<script>alert(1)</script>",
    "김\u200b치 🥬 \tñ",
)


@pytest.fixture(scope="module")
def lab(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return fl.open_lab(tmp_path_factory.mktemp("texts"))


@pytest.fixture(autouse=True)
def _nothing_is_lost(lab: Lab) -> object:
    """Hold that after each test every table is there, and the seeds are in it."""
    yield
    with lab.storage.database.reading() as session:
        for table in ("simulation_run", "instrument_master", "scenario_definition"):
            session.execute(text(f"SELECT count(*) FROM {table}"))
    assert {"MIN_VOL", "DEFENSIVE", "GROWTH"} <= set(lab.scenarios().index)


@pytest.mark.parametrize("given", HOSTILE)
def test_names_and_descriptions_keep_their_text(lab: Lab, given: str) -> None:
    scenario = Scenario(given, given, given, {given: 0.5}, given, given)
    lab.save_scenario(scenario)
    kept = lab.scenario(given)
    assert (kept.name_ko, kept.name_en, kept.description_ko) == (given,) * 3
    assert dict(kept.weights) == {given: 0.5}
    lab.save_rule(given, fl.Drift(0.05))
    assert lab.rule(given) == fl.Drift(0.05)
    instrument = Instrument(f"S{given}", given, given, given)
    lab.storage.catalog.save_instruments([instrument])
    assert instrument in lab.storage.catalog.instruments()


@pytest.mark.parametrize("given", HOSTILE)
def test_unknown_names_are_only_unknown(lab: Lab, given: str) -> None:
    name = f"no {given}"
    for ask in (
        lambda: lab.scenario(name),
        lambda: lab.rule(name),
        lambda: lab.run(name),
        lambda: lab.prices([name]),
        lambda: lab.simulate("MIN_VOL", instruments={"equity": name}),
        lambda: lab.storage.series.daily_prices(["A"], data_version=name),
        lambda: lab.storage.series.price_matrix(["A"], field=name),
        lambda: lab.health(as_of=name),
    ):
        with pytest.raises(ForestoError):
            ask()
    assert len(lab.storage.series.daily_prices([name])) == 0
    assert len(lab.storage.series.daily_returns([name])) == 0
    assert lab.storage.runs.find_completed(name) is None


@pytest.mark.parametrize("given", HOSTILE)
def test_symbols_and_sources_keep_their_text(
    lab: Lab, given: str, tmp_path: Path
) -> None:
    symbol = given.strip()
    file = tmp_path / "prices.parquet"
    dates = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"])
    rows = {"symbol": symbol, "date": dates, "close": [1.0, 2.0, 4.0]}
    pd.DataFrame(rows).to_parquet(file)
    lab.load_prices(file)
    lab.update_returns()
    assert lab.prices([symbol])[symbol].tolist() == [1.0, 2.0, 4.0]
    assert lab.storage.series.daily_returns([symbol])["daily_return"].tolist() == [1, 1]
    run = lab.simulate({symbol: 1.0}, initial_amount=100)
    again = lab.run(str(run.run_id))
    assert again.path["nav"].tolist() == [100.0, 200.0, 400.0]
    assert again.weights == {symbol: 1.0}
    lab.storage.catalog.record_load(
        source=given,
        checksum="ab" * 32,
        table="daily_price",
        outcome=None,
        findings=[],
        loaded_at=datetime.now(UTC),
        options={given: given},
    )
    history = lab.storage.catalog.load_history()
    assert history.iloc[0]["source"] == given
    assert history.iloc[0]["options"] == {given: given}


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_runs_keep_their_texts(lab: Lab, number: int) -> None:
    given = HOSTILE[number]
    record = dataclasses.replace(
        new_record(),
        run_id=f"hostile-{number}",
        name=given,
        created_by=given,
        request={given: [given, {"inner": given}]},
        packages={given: given},
        snapshots={given: given},
    )
    lab.storage.runs.begin(record)
    lab.storage.runs.complete(record.run_id, small_artifacts())
    kept = lab.run_record(record.run_id)
    assert (kept.name, kept.created_by) == (given, given)
    assert dict(kept.request) == {given: [given, {"inner": given}]}
    assert dict(kept.packages) == {given: given}
    failed = dataclasses.replace(record, run_id=f"failed-{number}")
    lab.storage.runs.begin(failed)
    assert lab.storage.runs.fail(failed.run_id, given).error_message == given
    lab.delete_run(record.run_id)


def test_a_zero_character_is_refused_or_kept_but_never_cut(lab: Lab) -> None:
    scenario = Scenario("NUL\0HERE", "가", "A", {"equity": 1.0})
    if lab.storage.database.dialect == "postgresql":
        with pytest.raises(ForestoError, match="NUL"):
            lab.save_scenario(scenario)
    else:
        lab.save_scenario(scenario)
        assert lab.scenario("NUL\0HERE") == scenario
