"""Setting up a workspace: complete the first time, without effect the second."""

from __future__ import annotations

from pathlib import Path

import pytest

import foresto_lab as fl
from foresto_lab.workspace import set_up_workspace
from foresto_lab.workspace_files import explorer_notebooks, sample_folder

ASSET_CLASSES = ("equity", "bond", "cash", "gold", "other")
SAMPLE_ROWS = 5 * 3697


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    set_up_workspace(home)
    return home


def test_a_new_workspace_has_everything(tmp_path: Path) -> None:
    setup = set_up_workspace(tmp_path / "new")
    assert setup.is_new
    assert setup.sample_rows == SAMPLE_ROWS
    assert setup.asset_classes_mapped == ASSET_CLASSES
    assert setup.notebooks_added == tuple(path.name for path in explorer_notebooks())
    lab = fl.open_lab(tmp_path / "new")
    assert list(lab.scenarios().index) == ["MIN_VOL", "DEFENSIVE", "GROWTH"]
    mapped = lab.storage.catalog.instrument_map()
    assert {name: mapped[name] for name in ASSET_CLASSES} == {
        name: f"SIM_{name.upper()}" for name in ASSET_CLASSES
    }
    instruments = lab.instruments()
    assert instruments.loc["SIM_GOLD", "simulated"]
    assert instruments.loc["SIM_GOLD", "row_count"] == SAMPLE_ROWS // 5


def test_setting_up_again_changes_nothing(prepared: Path) -> None:
    version = fl.open_lab(prepared).storage.series.data_version()
    again = set_up_workspace(prepared)
    assert not again.is_new
    assert again.sample_rows == 0
    assert not again.asset_classes_mapped
    assert not again.notebooks_added
    assert not again.notebooks_kept
    assert fl.open_lab(prepared).storage.series.data_version() == version


def test_a_changed_notebook_is_kept(tmp_path: Path) -> None:
    set_up_workspace(tmp_path, with_sample=False)
    notebook = tmp_path / "notebooks" / "explore" / explorer_notebooks()[0].name
    notebook.write_text("mine", encoding="utf-8")
    again = set_up_workspace(tmp_path, with_sample=False)
    assert again.notebooks_kept == (notebook.name,)
    assert notebook.read_text(encoding="utf-8") == "mine"


def test_without_the_sample_nothing_is_loaded(tmp_path: Path) -> None:
    setup = set_up_workspace(tmp_path, with_sample=False)
    assert setup.sample_rows is None
    assert fl.open_lab(tmp_path).coverage().empty


def test_a_mapping_to_real_prices_is_kept(tmp_path: Path, shared_data: Path) -> None:
    set_up_workspace(tmp_path, with_sample=False)
    lab = fl.open_lab(tmp_path)
    lab.load_prices(shared_data / "kr_daily_quantkang" / "kr_daily.parquet")
    setup = set_up_workspace(tmp_path)
    mapped = fl.open_lab(tmp_path).storage.catalog.instrument_map()
    assert mapped["equity"] == "069500"
    assert mapped["bond"] == "152380"
    assert mapped["gold"] == "SIM_GOLD"
    assert setup.asset_classes_mapped == ("cash", "gold", "other")


def test_a_run_on_the_sample_is_marked_as_simulated(prepared: Path) -> None:
    lab = fl.open_lab(prepared)
    assert lab.simulate("GROWTH", rebalancing="MONTHLY").simulated
    findings = lab.preflight("GROWTH", rebalancing="MONTHLY").info
    assert "SIMULATED_PRICES" in {finding.code for finding in findings}


def test_the_sample_is_found_in_a_checkout() -> None:
    assert (sample_folder() / "metadata.json").is_file()
