"""The commands about studies, as one types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foresto_lab.cli.main import foresto, main
from foresto_lab.workspace import set_up_workspace

SPAN = ("--start", "2022-01-03", "--end", "2024-12-30")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return home


def foresto_says(home: Path, *words: str) -> str:
    done = CliRunner().invoke(foresto, ["--home", str(home), *words])
    assert done.exit_code == 0, done.output + str(done.exception)
    return str(done.output)


def as_json(home: Path, *words: str) -> Any:
    return json.loads(foresto_says(home, *words, "--json"))


def refused(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *words])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_rules_are_compared_and_their_trades_told(home: Path) -> None:
    words = ("study", "rebalancing", "GROWTH", *SPAN)
    told = foresto_says(home, *words, "--rule", "annual", "--events", "annual")
    assert "SIMULATED" in told
    assert "1 rules against" not in told
    assert "against never rebalancing" in told
    assert "What each trade did: Yearly" in told
    assert "2023-01-02" in told
    found = as_json(home, *words, "--rule", "annual", "--rule", "DRIFT_5")
    assert list(found["rules"]) == ["none", "annual", "DRIFT_5"]
    assert (
        found["run_id"]
        == as_json(home, *words, "--rule", "annual", "--rule", "DRIFT_5")["run_id"]
    )
    parts = ("return_effect", "carried_effect", "cost_effect", "flow_effect")
    row = found["summary"]["annual"]
    assert sum(row[part] for part in parts) == pytest.approx(row["difference"])


def test_a_cost_rate_is_every_rules(home: Path) -> None:
    words = ("study", "rebalancing", "GROWTH", *SPAN, "--rule", "monthly")
    free = as_json(home, *words, "--costs", "0")
    assert free["summary"]["monthly"]["total_cost"] == 0
    assert free["rules"]["monthly"]["cost_rate"] == 0


def test_costs_and_cash_flows(home: Path) -> None:
    words = ("study", "rebalancing", "GROWTH", *SPAN, "--rule", "monthly")
    found = as_json(
        home, *words, "--costs", "KOREA_RETAIL", "--cash-flow", "+10000/MONTHLY"
    )
    row = found["summary"]["monthly"]
    assert row["cost_effect"] < 0
    assert row["final_nav"] > 1_300_000
    told = foresto_says(home, *words, "--cash-flow", "-2%/ANNUAL")
    assert "Cash flows" in told


def test_weights_as_json(home: Path) -> None:
    weights = '{"SIM_EQUITY": 0.6, "SIM_BOND": 0.4}'
    found = as_json(home, "study", "rebalancing", weights, *SPAN, "--rule", "monthly")
    assert found["weights"] == {"SIM_EQUITY": 0.6, "SIM_BOND": 0.4}


def test_base_days_are_told_apart(home: Path) -> None:
    words = ("study", "timing-luck", "GROWTH", *SPAN, "--rule", "monthly")
    told = foresto_says(home, *words)
    assert "by the base day alone" in told
    assert "Maximum drawdown" in told
    found = as_json(home, *words, "--base-days", "7")
    assert len(found["base_day_figures"]) == 7


def test_what_is_refused_is_told_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = ("study", "rebalancing")
    assert "Unknown rule 'montly'" in refused(
        home, capsys, *study, "GROWTH", "--rule", "montly"
    )
    assert "nothing to rebalance" in refused(home, capsys, *study, '{"SIM_BOND": 1}')
    assert "no JSON of weights" in refused(home, capsys, *study, "{broken")
    assert "rule of this study 'annual'" in refused(
        home, capsys, *study, "GROWTH", *SPAN, "--rule", "monthly", "--events", "annual"
    )
    assert "no rule (annual) came to trade" in refused(
        home,
        capsys,
        *study,
        "GROWTH",
        "--start",
        "2024-03-04",
        "--end",
        "2024-03-29",
        "--rule",
        "annual",
    )
    assert "base_days is 'few'" in refused(
        home, capsys, "study", "timing-luck", "GROWTH", "--base-days", "few"
    )
