"""Custom portfolios in a Lab of either store, and the commands about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.main import foresto, main
from foresto_lab.errors import (
    DefinitionFileError,
    InputError,
    UnknownNameError,
    VersionTakenError,
)
from foresto_lab.lab import Lab
from foresto_lab.scenarios.portfolio import Portfolio
from foresto_lab.scenarios.weighting import RiskParity


def core(equity: float = 0.6, **more: Any) -> Portfolio:
    sleeves = {
        "equity": {"weight": equity, "instruments": {"069500": 0.5, "SPY": 0.5}},
        "bond": {"weight": 1.0 - equity, "instruments": ["152380"]},
    }
    return Portfolio("Core", sleeves, **more)  # type: ignore[arg-type]


def test_versions_follow_each_other_and_never_change(either_lab: Lab) -> None:
    lab = either_lab
    assert lab.portfolios().empty
    first = lab.save_portfolio(core(), tags=["long"])
    assert first.reference == "Core@1.0.0"
    assert lab.save_portfolio(core()).reference == "Core@1.0.0"
    assert lab.save_portfolio(core(0.5)).reference == "Core@1.0.1"
    assert lab.save_portfolio(core(0.4, version="2.0.0")).reference == "Core@2.0.0"
    with pytest.raises(VersionTakenError, match=r"2\.0\.1"):
        lab.save_portfolio(core(0.3), version="2.0.0")
    assert lab.portfolio("core") == core(0.4, version="2.0.0")
    assert lab.portfolio("core@1.0.0") == core()
    assert lab.portfolio("core", "1.0.1").weights["152380"] == 0.5
    changes = lab.compare_portfolios("Core", "1.0.0", "1.0.1")
    assert [c.path for c in changes if c.path.startswith("content")] == [
        "content.sleeves.equity.weight",
        "content.sleeves.bond.weight",
    ]
    lab.deactivate_portfolio("Core", "2.0.0")
    assert lab.portfolio("CORE").version == "1.0.1"
    table = lab.portfolios()
    assert table.loc["Core", "version"] == "1.0.1"
    assert table.loc["Core", "sleeves"] == "equity 0.5, bond 0.5"
    assert [v.version for v in lab.portfolio_versions("Core")] == [
        *("1.0.0", "1.0.1", "2.0.0")
    ]
    with pytest.raises(UnknownNameError, match="Did you mean Core"):
        lab.portfolio("Cor")


def test_portfolios_go_from_store_to_store_as_files(
    either_lab: Lab, tmp_path: Path
) -> None:
    either_lab.save_portfolio(core(), tags=["한국"])
    either_lab.save_portfolio(
        Portfolio(
            "Parity",
            {"equity": {"instruments": ["A", "B"]}},  # type: ignore[dict-item]
            weighting=RiskParity(lookback=60),
        )
    )
    written = either_lab.export_portfolios(tmp_path / "out")
    assert [path.name for path in written] == ["core.json", "parity.json"]
    other = fl.open_lab(tmp_path / "other")
    tried = other.import_portfolios(tmp_path / "out", dry_run=True)
    assert [item.status for item in tried] == ["new", "new"]
    assert other.portfolios().empty
    other.import_portfolios(tmp_path / "out")
    assert other.portfolio("Core") == core()
    assert other.portfolio("Parity").weighting == RiskParity(lookback=60)
    again = other.import_portfolios(tmp_path / "out")
    assert [item.status for item in again] == ["unchanged", "unchanged"]
    assert other.resolve_portfolio(str(written[0])) == core()
    other.storage.close()


def test_a_file_that_holds_no_portfolio_changes_nothing(
    either_lab: Lab, tmp_path: Path
) -> None:
    either_lab.save_portfolio(core())
    (path,) = either_lab.export_portfolios(tmp_path)
    document = json.loads(path.read_text())
    document["versions"][0]["content"]["sleeves"]["equity"]["weight"] = 0.7
    path.write_text(json.dumps(document))
    with pytest.raises(DefinitionFileError, match="checksum"):
        either_lab.import_portfolios(path)
    document["versions"][0].update(version="3.0.0", checksum=None)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="do not add up"):
        either_lab.import_portfolios(path)
    path.write_text("{")
    with pytest.raises(DefinitionFileError, match="no JSON"):
        either_lab.save_portfolio(path)
    assert len(either_lab.portfolio_versions("Core")) == 1


def test_a_name_is_a_scenario_first_and_then_a_portfolio(either_lab: Lab) -> None:
    either_lab.save_portfolio(core())
    assert either_lab.resolve_portfolio("growth") == "growth"
    assert either_lab.resolve_portfolio("core") == core()
    assert either_lab.resolve_portfolio(core().to_dict()) == core()
    assert either_lab.resolve_portfolio({"SPY": 1.0}) == {"SPY": 1.0}
    assert either_lab.resolve_portfolio("S/P") == "S/P"
    with pytest.raises(UnknownNameError, match="Did you mean Core"):
        either_lab.resolve_portfolio("Cor")
    with pytest.raises(UnknownNameError, match="Unknown scenario 'Core'"):
        either_lab.scenario("Core")
    with pytest.raises(UnknownNameError, match=r"version of portfolio Core '9\.0\.0'"):
        either_lab.resolve_portfolio("core@9.0.0")


# --- commands -------------------------------------------------------------------------


def says(home: Path, *words: str) -> str:
    done = CliRunner().invoke(foresto, ["--home", str(home), "portfolios", *words])
    assert done.exit_code == 0, done.output + str(done.exception)
    return str(done.output)


def test_the_commands_keep_show_compare_and_share(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "core.json"
    fl.open_lab(home).storage.close()
    assert "No portfolio yet" in says(home)
    file.write_text(json.dumps(core().to_dict()))
    assert "Portfolio Core@1.0.0, checksum" in says(home, "add", str(file))
    file.write_text(json.dumps(core(0.5, description="반반").to_dict()))
    added = json.loads(says(home, "add", str(file), "--tag", "half", "--json"))
    assert (added["version"], added["tags"]) == ("1.0.1", ["half"])
    listed = says(home, "list", "--tag", "half")
    assert "equity 0.5, bond 0.5" in listed
    assert json.loads(says(home, "list", "--json"))[0]["instruments"] == 3
    shown = says(home, "show", "Core")
    assert "반반" in shown
    assert "25.00%" in shown
    assert "1.0.0, 1.0.1" in shown
    plain = json.loads(says(home, "show", "Core@1.0.0", "--json"))
    assert plain["symbols"] == ["069500", "SPY", "152380"]
    differ = CliRunner().invoke(
        foresto, ["--home", str(home), "portfolios", "diff", "Core", "1.0.0", "1.0.1"]
    )
    assert differ.exit_code == 1
    assert "content.sleeves.equity.weight" in differ.output
    assert "not active any more" in says(home, "deactivate", "Core@1.0.1")
    assert "equity 0.6" in says(home, "list")
    assert "is active" in says(home, "activate", "Core@1.0.1")
    assert "1 file." in says(home, "export", str(tmp_path / "out"))
    told = says(home, "import", str(tmp_path / "out"), "--dry-run")
    assert told.count("unchanged") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "Cor"), "Unknown portfolio 'Cor'"),
        (("deactivate", "Core"), "Say which version: Core@1.0.0"),
        (("add", "missing.json"), "missing.json"),
        (("import", "missing"), "missing"),
        (("show", "Core@one"), "'one' is no semantic version"),
    ],
)
def test_a_refusal_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    lab = fl.open_lab(tmp_path)
    lab.save_portfolio(core())
    lab.storage.close()
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path), "portfolios", *words])
    assert ended.value.code not in (0, None)
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


# --- simulations ----------------------------------------------------------------------


@pytest.fixture
def priced_lab(either_lab: Lab, sample_prices: pd.DataFrame, tmp_path: Path) -> Lab:
    """Return a Lab of either store with the sample's prices of three instruments."""
    symbols = {"equity": "069500", "bond": "152380", "gold": "SPY"}
    closes = sample_prices[list(symbols)].iloc[-900:].rename(columns=symbols)
    rows = closes.reset_index().melt("date", var_name="symbol", value_name="close")
    path = tmp_path / "prices.csv"
    rows.to_csv(path, index=False)
    either_lab.load_prices(path)
    return either_lab


def test_a_stored_portfolio_is_simulated_by_its_name(priced_lab: Lab) -> None:
    lab = priced_lab
    lab.save_portfolio(core())
    result = lab.simulate("core", rebalancing="MONTHLY", calendar="XKRX")
    plain = lab.simulate(dict(core().weights), rebalancing="MONTHLY", calendar="XKRX")
    assert result.name == "Core"
    pd.testing.assert_frame_equal(result.path, plain.path, check_exact=True)
    assert result.request_hash != plain.request_hash
    again = lab.simulate("Core@1.0.0", rebalancing="MONTHLY", calendar="XKRX")
    assert again.run_id == result.run_id
    lab.save_portfolio(core(0.5))
    newer = lab.simulate("Core", rebalancing="MONTHLY", calendar="XKRX")
    assert newer.run_id != result.run_id
    assert lab.preflight("Core", calendar="XKRX").passed


def test_computed_weights_are_kept_restored_and_reproduced(priced_lab: Lab) -> None:
    lab = priced_lab
    sleeves: Any = {"equity": {"instruments": ["069500", "SPY", "152380"]}}
    lab.save_portfolio(Portfolio("Parity", sleeves, weighting=RiskParity(lookback=60)))
    whole = lab.simulate("Parity", calendar="XKRX")
    day = whole.path.index[100].date()
    result = lab.simulate("Parity", start=day, calendar="XKRX")
    # History before the start is used: day 0 is the start itself.
    assert result.path.index[0].date() == day
    assert set(result.events["trigger_type"]) == {"SCHEDULE"}
    again = lab.simulate("Parity", start=day, calendar="XKRX")
    assert again.run_id == result.run_id
    pd.testing.assert_frame_equal(again.path, result.path, check_exact=True)
    assert again.weights == pytest.approx(result.weights)
    assert lab.reproduce(result.run_id).identical


def test_portfolios_are_copied_to_another_store(
    either_lab: Lab, tmp_path: Path
) -> None:
    from foresto_lab.storage import create_workspace
    from foresto_lab.storage.copying import copy_store

    either_lab.save_portfolio(core(), tags=["한국"])
    either_lab.save_portfolio(core(0.5))
    either_lab.deactivate_portfolio("Core", "1.0.0")
    target = create_workspace(tmp_path / "copy")
    report = copy_store(either_lab.storage, target)
    assert report.definitions["custom_portfolios"] == 2
    copied = fl.open_lab(tmp_path / "copy")
    for version in ("1.0.0", "1.0.1"):
        assert copied.portfolio("Core", version) == either_lab.portfolio(
            "Core", version
        )
    states = [item.is_active for item in copied.portfolio_versions("Core")]
    assert states == [False, True]
    copied.storage.close()
    target.close()
