"""A run beside a benchmark by name: in the Lab, on the command line, verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.main import foresto
from foresto_lab.errors import UnknownNameError
from foresto_lab.workspace import set_up_workspace

SPAN = {"start": "2015-01-02", "end": "2019-12-30"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> fl.Lab:
    home = tmp_path_factory.mktemp("benchmarks")
    set_up_workspace(home)
    return fl.open_lab(home)


@pytest.fixture(scope="module")
def run(lab: fl.Lab) -> fl.SimulationResult:
    return lab.simulate("GROWTH", rebalancing="QUARTERLY", **SPAN)


def test_a_symbol_an_asset_class_and_its_weights_are_the_same_benchmark(
    lab: fl.Lab,
) -> None:
    values = [
        lab.benchmark(named, **SPAN).growth
        for named in ("SIM_EQUITY", "sim_equity", "equity", {"equity": 1.0})
    ]
    prices = lab.prices(["SIM_EQUITY"], **SPAN)["SIM_EQUITY"].dropna()
    for growth in values:
        assert list(growth) == list(values[0])
    assert values[0].to_numpy() == pytest.approx(
        (prices / prices.iloc[0]).to_numpy(), rel=1e-12
    )


def test_a_portfolio_and_a_mixture_have_names_in_both_languages(lab: fl.Lab) -> None:
    scenario = lab.benchmark("min_vol", **SPAN)
    assert (scenario.name("ko"), scenario.name("en")) == (
        "변동성 최소화",
        "Minimum volatility",
    )
    mixture = lab.benchmark({"equity": 0.6, "bond": 0.4}, **SPAN)
    assert mixture.name("en").count("%") == 2
    assert mixture.simulated


def test_a_mixture_is_brought_back_monthly_without_costs(
    lab: fl.Lab,
) -> None:
    weights = {"equity": 0.6, "bond": 0.4}
    rule = fl.Periodic("MONTHLY", cost_rate=0.0)
    expected = lab.simulate(weights, rebalancing=rule, initial_amount=1.0, **SPAN)
    growth = lab.benchmark(weights, **SPAN).growth
    assert list(growth) == list(1.0 + expected.path["cumulative_return"])


def test_an_unknown_benchmark_is_answered_with_the_near_ones(lab: fl.Lab) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean SIM_EQUITY"):
        lab.benchmark("SIM_EQITY")


def test_a_run_is_compared_by_its_id(lab: fl.Lab, run: fl.SimulationResult) -> None:
    assert run.run_id is not None
    comparison = lab.compare(
        run.run_id, "GROWTH", crises={"mine": ("2016-01-04", "2016-06-30")}
    )
    assert comparison.relative.summary["beta"] == pytest.approx(1.0, abs=0.05)
    assert "mine" in comparison.crises.index
    assert comparison.to_dict()["run_id"] == run.run_id


def test_the_command_prints_a_table_and_json(
    lab: fl.Lab, run: fl.SimulationResult
) -> None:
    arguments = ["--home", str(lab.home), "compare", str(run.run_id)]
    arguments += ["--benchmark", "equity", "--crisis", "mine=2016-01-04:2016-06-30"]
    shown = CliRunner().invoke(foresto, arguments)
    assert shown.exit_code == 0, shown.output
    assert "Tracking error" in shown.output
    assert "mine" in shown.output
    answer = CliRunner().invoke(foresto, [*arguments, "--json"])
    told = json.loads(answer.output)
    assert told["summary"]["beta"] == pytest.approx(
        run.relative_to(lab.benchmark("equity", **SPAN).growth).summary["beta"]
    )
    assert [row["window"] for row in told["crises"]][-1] == "mine"


def test_a_crisis_that_is_no_pair_of_dates_is_refused(
    lab: fl.Lab, run: fl.SimulationResult
) -> None:
    arguments = ["--home", str(lab.home), "compare", str(run.run_id)]
    arguments += ["--benchmark", "equity", "--crisis", "mine"]
    answer = CliRunner().invoke(foresto, arguments)
    assert answer.exit_code == 2
    assert "NAME=START:END" in answer.output


def test_a_pdf_without_a_chromium_runs_nothing(
    lab: fl.Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORESTO_CHROMIUM", str(tmp_path / "none"))
    before = len(lab.runs())
    with pytest.raises(fl.errors.PdfPrinterNotFoundError):
        lab.report("portfolio", pdf=True)
    assert len(lab.runs()) == before
