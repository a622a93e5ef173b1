"""Retirement asked of a workspace: the pure core's numbers, and the command's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.cli.main import main
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.lab import Lab
from tests.conftest import ASSET_CLASSES, SAMPLE_FOLDER

Command = Callable[..., tuple[int, str, str]]
SAMPLE = {name: f"SIM_{name.upper()}" for name in ASSET_CLASSES}


@pytest.fixture
def lab(either_lab: Lab) -> Lab:
    """Return a workspace with the simulated sample."""
    (file,) = SAMPLE_FOLDER.glob("*.parquet")
    either_lab.load_prices(file)
    either_lab.map_instruments(SAMPLE)
    return either_lab


def test_history_has_the_numbers_of_the_pure_core(
    lab: Lab, sample_prices: pd.DataFrame
) -> None:
    study = lab.retirement("GROWTH", 0.05, 8, inflation=0.02, rebalancing=None)
    weights = lab.scenario("GROWTH").weights
    pure = fl.retirement(
        sample_prices, weights, 0.05, 8, inflation=0.02, rebalancing=None
    )
    pd.testing.assert_frame_equal(
        study.starts, pure.starts, check_exact=True, check_index_type=False
    )
    assert study.name == "GROWTH"


def test_futures_have_the_numbers_of_the_pure_core(
    lab: Lab, sample_prices: pd.DataFrame
) -> None:
    asked = lab.retirement_outlook("MIN_VOL", 0.05, 5, paths=200, seed=3)
    futures = fl.forward(
        sample_prices, lab.scenario("MIN_VOL").weights, years=5, paths=200, seed=3
    )
    pure = fl.retirement_outlook(futures, 0.05)
    pd.testing.assert_frame_equal(asked.ruin, pure.ruin, check_exact=True)


def test_inflation_may_be_a_stored_series(lab: Lab, tmp_path: Path) -> None:
    days = lab.prices(["SIM_CASH"]).index
    level = 100 * 1.03 ** ((days - days[0]).days.to_numpy() / 365.25)
    file = tmp_path / "cpi.csv"
    pd.DataFrame({"date": days, "close": level.round(6)}).to_csv(file, index=False)
    lab.load_prices(file, symbol="CPI")
    dearer = lab.retirement("GROWTH", years=8, inflation="CPI").summary
    flat = lab.retirement("GROWTH", years=8, inflation=0.03).summary
    assert dearer["lowest_sustainable_rate"] == pytest.approx(
        flat["lowest_sustainable_rate"], rel=1e-3
    )
    with pytest.raises(UnknownNameError, match="NO_CPI"):
        lab.retirement("GROWTH", years=8, inflation="NO_CPI")


def test_a_symbol_without_prices_is_named(either_lab: Lab) -> None:
    with pytest.raises(UnknownNameError, match="priced symbol of equity"):
        either_lab.retirement("GROWTH")


def test_what_cannot_be_told_is_said(lab: Lab) -> None:
    with pytest.raises(InputError, match="no window of 50 years"):
        lab.retirement("GROWTH", years=50)
    with pytest.raises(UnknownNameError, match="GROWHT"):
        lab.retirement("GROWHT")


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return the command on an embedded workspace with the sample."""
    lab = fl.open_lab(tmp_path / "home")
    (file,) = SAMPLE_FOLDER.glob("*.parquet")
    lab.load_prices(file)
    lab.map_instruments(SAMPLE)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(lab.home), "retirement", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_the_command_tells_history(
    command: Command,
) -> None:
    status, out, _ = command("GROWTH", "--years", "8", "--inflation", "2.5%")
    assert status == 0
    assert "84 starts of 8 years" in out
    assert "Windows overlap" in out
    assert "FEW_INDEPENDENT_WINDOWS" in out


def test_the_command_prints_json(command: Command) -> None:
    status, out, _ = command("GROWTH", "--years", "8", "--rate", "0.05", "--json")
    assert status == 0
    plain = json.loads(out)
    assert plain["plan"]["rate"] == 0.05
    assert len(plain["starts"]) == 84


def test_the_command_tells_futures(
    command: Command,
) -> None:
    status, out, _ = command(
        "MIN_VOL", "--forward", "--years", "5", "--paths", "100", "--rule", "monthly"
    )
    assert status == 0
    assert "100 paths of 5 years" in out
    assert "ruin at most" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["GROWTH", "--years", "50"], "no window of 50 years"),
        (["GROWTH", "--rate", "x"], "write 4% or 0.04"),
        (["GROWTH", "--rate", "150%"], "withdrawal_rate is 1.5"),
        (["GROWHT"], "Did you mean"),
        (["GROWTH", "--years", "5", "--inflation", "NO_CPI"], "NO_CPI"),
        (["GROWTH", "--years", "5", "--rule", "no rule"], "no rule"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    command: Command, words: list[str], said: str
) -> None:
    status, _, err = command(*words)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
