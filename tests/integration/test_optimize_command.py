"""`foresto optimize`, `foresto walk-forward` and `foresto trials`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.main import foresto, main
from foresto_lab.cli.search_options import parse_duration, symbols_of
from foresto_lab.errors import InputError
from tests.integration.test_optimization_runs import load

ASKED = ("--symbol", "AAA", "-p", "fast_period=3:9:3", "-p", "slow_period=10,20")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    load(fl.open_lab(home), home)
    return home


def said(home: Path, *words: str) -> str:
    done = CliRunner().invoke(foresto, ["--home", str(home), *words])
    assert done.exit_code == 0, done.output + str(done.exception)
    return str(done.stdout)


def test_the_verdict_comes_first_then_the_best(home: Path) -> None:
    output = said(home, "optimize", "sma_cross", *ASKED, "--top", "3")
    assert output.split(".")[0] in ("Robust", "Doubtful", "Overfitted")
    for word in ("6 trials of 6 by grid", "Deflated Sharpe", "fast_period", "Run "):
        assert word in output
    assert sum(line.lstrip()[:2] in ("1 ", "2 ", "3 ") for line in output.split("\n"))


def test_a_search_as_json_is_found_again(home: Path) -> None:
    words = ("optimize", "sma_cross", *ASKED, "--method", "random", "--trials", "4")
    options = ("--where", "fast_period < slow_period", "--constraint", "cagr > -0.9")
    told = json.loads(said(home, *words, *options, "--seed", "2", "--json"))
    assert told["evaluated"] == 4
    assert told["seed"] == 2
    assert told["constraints"] == ["cagr > -0.9"]
    assert told["space"]["constraints"] == ["fast_period < slow_period"]
    again = json.loads(said(home, *words, *options, "--seed", "2", "--json"))
    assert again["run_id"] == told["run_id"]
    assert again["statistics"] == told["statistics"]


def test_a_walk_forward_prints_its_windows(home: Path) -> None:
    words = ("walk-forward", "sma_cross", *ASKED, "--train", "150", "--test", "0.125")
    output = said(home, *words)
    for word in ("5 windows", "efficiency", "out of sample", "fast_period", "Run "):
        assert word in output
    told = json.loads(said(home, *words, "--json"))
    assert len(told["windows"]) == 5


def test_trials_and_runs_are_listed(home: Path) -> None:
    said(home, "optimize", "sma_cross", *ASKED)
    listed = said(home, "trials", "sma_cross", "--symbol", "AAA")
    assert "candles_history 1d AAA" in listed
    assert "trials." in listed
    rows = json.loads(said(home, "trials", "--json"))
    assert {row["family"] for row in rows} == {"sma_cross"}
    assert "optimization" in said(home, "runs", "list", "--kind", "optimization")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("-p", "fast_period=5:50:0"), "step 0"),
        (("-p", "fast_perod=5:50"), "fast_period"),
        (("-p", "fast_period"), "names no parameter's values"),
        (("-p", "fast_period=3:9", "--constraint", "cagr >"), "cagr >"),
        (("-p", "fast_period=3:9", "--time-limit", "soon"), "no duration"),
        (("-p", "fast_period=3:9", "--split", "a,b"), "no list of shares"),
        (("-p", "fast_period=3:9", "--objective", "sharpo"), "sharpe"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    complaint: str,
) -> None:
    command = ["--home", str(home), "optimize", "sma_cross", "--symbol", "AAA", *words]
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code not in (0, 70)
    complained = capsys.readouterr().err
    assert complaint in complained
    assert "Traceback" not in complained


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, None), ("90", 90.0), ("1.5m", 90.0), ("2h", 7200.0)]
)
def test_durations_are_read(text: str | None, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


def test_symbols_may_have_commas_between() -> None:
    assert symbols_of(("A, B", "C,")) == ["A", "B", "C"]
    with pytest.raises(InputError):
        parse_duration("10 minutes")
