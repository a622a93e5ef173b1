"""Templates keep their rules, and their versions name their sources."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from foresto_lab.errors import TemplateError, UnknownNameError
from foresto_lab.reports import find_templates, load_template
from foresto_lab.reports.templates import read_template
from foresto_lab.reports.versions import check_versions, record_versions

KINDS = [
    "backtest",
    "data_quality",
    "forward",
    "optimization",
    "preflight",
    "rebalancing_comparison",
    "rebalancing_study",
    "scenario",
    "store_health",
    "strategy_comparison",
    "walk_forward",
]
ALLOWED_IMPORTS = {"foresto_lab", "datetime", "typing"}


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return cells


def test_the_package_has_its_templates() -> None:
    assert set(KINDS) <= set(find_templates())


@pytest.mark.parametrize("kind", KINDS)
def test_templates_hold_calls_and_no_logic(kind: str) -> None:
    template = load_template(kind)
    forbidden = (
        ast.For,
        ast.While,
        ast.If,
        ast.FunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.comprehension,
        ast.BinOp,
    )
    for cell in cells_of(template.path):
        if cell["cell_type"] != "code" or "parameters" in cell["metadata"].get(
            "tags", []
        ):
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            assert not isinstance(node, forbidden), ast.unparse(node)
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= ALLOWED_IMPORTS
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] in ALLOWED_IMPORTS


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_has_a_default_and_a_description(kind: str) -> None:
    for parameter in load_template(kind).parameters:
        assert not parameter.required, parameter.name
        assert parameter.description, parameter.name


def test_an_unknown_report_is_answered_with_the_near_one() -> None:
    with pytest.raises(UnknownNameError, match="scenario"):
        load_template("scenaro")


def test_a_name_is_no_path() -> None:
    with pytest.raises(UnknownNameError):
        load_template("../reports/scenario")


def test_a_template_of_the_workspace_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "notebooks" / "reports"
    folder.mkdir(parents=True)
    shutil.copy(load_template("scenario").path, folder / "scenario.ipynb")
    assert find_templates(tmp_path)["scenario"] == folder / "scenario.ipynb"


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_template_has_exactly_one_parameters_cell(
    tmp_path: Path, tagged: int
) -> None:
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": "a: int = 1",
    }
    notebook = {
        "cells": [cell] * tagged,
        "metadata": {"foresto": {"name": "odd", "version": "1.0.0"}},
    }
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    with pytest.raises(TemplateError, match="exactly one"):
        read_template(path)


# --- versions -----------------------------------------------------------------------


def test_every_notebook_carries_the_version_of_its_source(repository: Path) -> None:
    assert check_versions(repository / "notebooks") == []


@pytest.fixture
def notebooks(repository: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    (folder / "reports").mkdir(parents=True)
    shutil.copy(repository / "notebooks" / "versions.json", folder)
    shutil.copy(repository / "notebooks/reports/data_quality.ipynb", folder / "reports")
    return folder


def change(folder: Path, version: str | None = None) -> None:
    path = folder / "reports" / "data_quality.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][-1]["source"] = ["tables.coverage(check.coverage)"]
    if version:
        notebook["metadata"]["foresto"]["version"] = version
    path.write_text(json.dumps(notebook), "utf-8")


def test_a_changed_source_with_its_old_version_is_found(notebooks: Path) -> None:
    change(notebooks)
    (complaint,) = check_versions(notebooks)
    assert "source changed" in complaint
    with pytest.raises(TemplateError, match="Raise the version"):
        record_versions(notebooks)


def test_a_changed_source_with_a_new_version_is_recorded(notebooks: Path) -> None:
    change(notebooks, "1.1.0")
    assert "not in versions.json" in check_versions(notebooks)[0]
    assert record_versions(notebooks) == ["data_quality.ipynb"]
    assert check_versions(notebooks) == []


def test_outputs_are_no_part_of_the_version(notebooks: Path) -> None:
    path = notebooks / "reports" / "data_quality.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][1]["outputs"] = []
    notebook["cells"][1]["execution_count"] = 99
    path.write_text(json.dumps(notebook), "utf-8")
    assert check_versions(notebooks) == []
