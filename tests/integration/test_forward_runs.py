"""Forward simulations as runs: kept, found, reproduced, on both stores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.main import foresto, main
from foresto_lab.errors import AmountError, InputError, PreflightError
from foresto_lab.lab import Lab
from foresto_lab.types import RunKind
from foresto_lab.workspace import set_up_workspace
from tests.oracles.korean_sessions import sessions_2020

WEIGHTS = {"AAA": 0.6, "BBB": 0.3}
SMALL = {"years": 2, "paths": 40}


@pytest.fixture
def lab(either_lab: Lab, tmp_path: Path) -> Lab:
    """Return a workspace with a year of two made-up assets."""
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(11).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    for place, symbol in enumerate(WEIGHTS):
        path = tmp_path / f"{symbol}.csv"
        closes = 100 * np.exp(steps[:, place])
        pd.DataFrame({"date": days, "close": closes}).to_csv(path, index=False)
        either_lab.load_prices(path)
    return either_lab


def test_futures_are_kept_found_and_restored_bit_for_bit(lab: Lab) -> None:
    rule = fl.Drift(0.05)
    result = lab.forward(WEIGHTS, rebalancing=rule, goal=1_100_000, **SMALL)
    assert result.run_id is not None
    record = lab.run_record(result.run_id)
    assert record.kind is RunKind.FORWARD
    assert record.request_hash == result.request_hash
    again = lab.forward(WEIGHTS, rebalancing=rule, goal=1_100_000, threads=1, **SMALL)
    assert again.run_id == result.run_id
    for kept in (again, lab.run(result.run_id)):
        for table in ("fan", "outcomes", "sample"):
            pd.testing.assert_frame_equal(
                getattr(kept, table), getattr(result, table), check_exact=True
            )
        assert kept.to_dict() == result.to_dict()
        assert kept.rule == rule
        assert kept.method == result.method
    other = lab.forward(WEIGHTS, rebalancing=rule, goal=1_100_000, seed=1, **SMALL)
    assert other.run_id != result.run_id


def test_it_has_the_numbers_of_the_pure_core(lab: Lab) -> None:
    result = lab.forward(WEIGHTS, cashflows="-10000/MONTHLY", costs=0.002, **SMALL)
    pure = fl.forward(
        lab.prices(list(WEIGHTS)),
        WEIGHTS,
        cashflows="-10000/MONTHLY",
        costs=0.002,
        **SMALL,  # type: ignore[arg-type]
    )
    pd.testing.assert_frame_equal(result.fan, pure.fan, check_exact=True)
    pd.testing.assert_frame_equal(result.outcomes, pure.outcomes, check_exact=True)


@pytest.mark.parametrize(
    "options",
    [
        {"rebalancing": fl.Periodic("MONTHLY")},
        {"cashflows": "-4%/ANNUAL", "costs": fl.CapitalGainsTax(0.2)},
        {"method": fl.Parametric(mean=0.05, degrees_of_freedom=4)},
        {"inflation": 0.02, "goal": 1e6, "method": fl.Bootstrap(5)},
    ],
)
def test_it_reproduces_to_the_last_bit(lab: Lab, options: dict[str, object]) -> None:
    run = lab.forward(WEIGHTS, **SMALL, **options)  # type: ignore[arg-type]
    found = lab.reproduce(str(run.run_id))
    assert found.identical, str(found)
    assert found.values_compared > 500


def test_nothing_is_registered_of_what_cannot_be(lab: Lab) -> None:
    with pytest.raises(AmountError):
        lab.forward(WEIGHTS, paths=0)
    with pytest.raises(InputError, match="no longer than history"):
        lab.forward(WEIGHTS, method=fl.Bootstrap(9_999), **SMALL)
    with pytest.raises(PreflightError):
        lab.forward({"NOTHING": 1.0}, **SMALL)
    kept = lab.run_records(kind="forward", status="completed")
    assert list(kept) == []


def test_it_can_be_left_unregistered(lab: Lab) -> None:
    assert lab.forward(WEIGHTS, save=False, **SMALL).run_id is None
    assert list(lab.run_records()) == []


# --- the command ------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return home


def foresto_says(home: Path, *words: str) -> str:
    done = CliRunner().invoke(foresto, ["--home", str(home), "forward", *words])
    assert done.exit_code == 0, done.output + str(done.exception)
    return str(done.output)


def test_the_command_prints_the_fan(home: Path) -> None:
    said = foresto_says(home, "MIN_VOL", "--paths", "30", "--goal", "2000000")
    for word in ("MIN_VOL", "30 paths", "SIMULATED", "p50", "goal", "final_p50", "Run"):
        assert word in said


def test_the_command_as_json(home: Path) -> None:
    words = ("GROWTH", "--paths", "25", "--years", "3", "--cash-flow", "-5%/ANNUAL")
    told = json.loads(foresto_says(home, *words, "--json"))
    assert told["request"]["months"] == 36
    assert told["summary"]["paths"] == 25
    assert list(told["by_year"]) == ["1", "2", "3"]
    again = json.loads(foresto_says(home, *words, "--json"))
    assert again["run_id"] == told["run_id"]
    assert again == told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("MIN_VOL", "--paths", "0"), "paths is 0"),
        (("MIN_VOL", "--years", "-3"), "years is -3"),
        (("MIN_VOL", "--block-length", "1e7"), "no longer than history"),
        (("MIN_VOL", "--mean", "0.1", "--block-length", "3"), "Give one or the other"),
        (("MIN_VOLL",), "MIN_VOL"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "forward", *words])
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown
