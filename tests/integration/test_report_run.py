"""Reports made for real: papermill, a kernel, a page, a manifest, a gallery."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    ReportFailedError,
    ReportParameterError,
    ReportVerificationError,
)
from foresto_lab.lab import Lab
from foresto_lab.reports import Report
from foresto_lab.workspace import set_up_workspace

NASTY = "../x'\"\n{{ 7 * 7 }}<script>alert(1)</script>"


@pytest.fixture(scope="module")
def lab(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    home = tmp_path_factory.mktemp("reports {home}")
    set_up_workspace(home, with_sample=True)
    return fl.open_lab(home)


@pytest.fixture(scope="module")
def report(lab: Lab) -> Report:
    return lab.report(
        "scenario",
        scenario="GROWTH",
        start="2019-01-02",
        end="2021-12-30",
        rebalancing={"type": "DRIFT", "threshold": 0.04},
        language="en",
    )


def test_a_report_is_three_files_in_their_place(lab: Lab, report: Report) -> None:
    folder = lab.home / "reports" / "scenario" / report.report_id
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json",
        "report.html",
        "report.ipynb",
    ]
    assert report.path == folder / "report.html"
    assert not list((lab.home / "reports" / ".making").iterdir())


def test_the_manifest_says_which_template_made_what(lab: Lab, report: Report) -> None:
    manifest = json.loads(report.manifest.read_text("utf-8"))
    result = lab.simulate(
        "GROWTH",
        start="2019-01-02",
        end="2021-12-30",
        rebalancing=fl.Drift(0.04),
    )
    assert manifest["template"]["name"] == "scenario"
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["template"]["version"])
    assert manifest["parameters"]["initial_amount"] == 1_000_000
    assert manifest["runs"][0]["request_hash"] == result.request_hash
    assert manifest["runs"][0]["numbers"]["cagr"] == result.summary["cagr"]
    assert manifest["simulated"] is True


def test_the_page_shows_the_run_and_how_to_make_it_again(
    lab: Lab, report: Report
) -> None:
    page = report.path.read_text("utf-8")
    record = lab.run_record(report.report_id)
    assert str(record.kind) == "report"
    assert record.snapshots["template"]["name"] == "scenario"
    for text in (report.report_id, "daily_price@", "foresto report scenario -p"):
        assert text in page
    assert "SIMULATED" in page
    assert "lab.simulate(" not in page


def test_the_report_is_in_the_gallery(lab: Lab, report: Report) -> None:
    gallery = (lab.home / "reports" / "index.html").read_text("utf-8")
    assert f'href="scenario/{report.report_id}/report.html"' in gallery


def test_the_page_verifies(lab: Lab, report: Report) -> None:
    verification = lab.verify(report.path)
    assert verification.verified, str(verification)
    assert verification.numbers_compared >= 25


def tampered(report: Report, tmp_path: Path, old: str, new: str) -> Path:
    text = report.path.read_text("utf-8")
    assert old in text
    path = tmp_path / "report.html"
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_a_number_changed_on_the_page_is_named(
    lab: Lab, report: Report, tmp_path: Path
) -> None:
    shown = re.findall(
        r'data-fact="[0-9a-f]{12}\.cagr">([^<]+)<', report.path.read_text()
    )
    verification = lab.verify(tampered(report, tmp_path, f">{shown[0]}<", ">99.99%<"))
    assert not verification.verified
    assert f"CAGR: the page has 99.99%, the rerun gives {shown[0]}" in str(verification)


def test_a_fact_changed_with_its_checksums_meets_the_rerun(
    lab: Lab, report: Report, tmp_path: Path
) -> None:
    from foresto_lab.canonical import sha256_of

    text = report.path.read_text("utf-8")
    block = re.findall(r'id="foresto-facts">(.*?)</script>', text, re.DOTALL)[0]
    facts = json.loads(block)
    del facts["checksum"]
    facts["runs"][0]["numbers"]["sharpe_ratio"] = 3.21
    facts["checksum"] = sha256_of(facts)
    path = tampered(report, tmp_path, block, json.dumps(facts, ensure_ascii=False))
    (discrepancy,) = lab.verify(path).discrepancies
    assert discrepancy.where == "Sharpe ratio"
    assert discrepancy.page == "3.21"


def test_words_changed_on_the_page_are_found(
    lab: Lab, report: Report, tmp_path: Path
) -> None:
    path = tampered(report, tmp_path, "SIMULATED prices, not from", "real prices, and")
    assert "altered" in str(lab.verify(path))


def test_a_file_that_is_no_report_is_refused(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "other.html"
    path.write_text("<html></html>", "utf-8")
    with pytest.raises(ReportVerificationError, match="no facts"):
        lab.verify(path)


def test_bad_parameters_write_nothing(lab: Lab, report: Report) -> None:
    before = sorted((lab.home / "reports").rglob("*"))
    with pytest.raises(ReportParameterError, match="Did you mean scenario"):
        lab.report("scenario", scenaro="GROWTH")
    with pytest.raises(ReportParameterError, match="initial_amount"):
        lab.report("scenario", initial_amount="much")
    with pytest.raises(ReportParameterError, match="2024-13-01"):
        lab.report("scenario", end="2024-13-01")
    assert sorted((lab.home / "reports").rglob("*")) == before


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_failed_report_is_kept_with_its_reason(lab: Lab) -> None:
    with pytest.raises(ReportFailedError, match="Unknown scenario") as caught:
        lab.report("scenario", scenario=NASTY)
    failed: Report = caught.value.facts["report"]
    page = failed.path.read_text("utf-8")
    assert failed.status == "failed"
    assert failed.path.parent.parent == lab.home / "reports" / "scenario"
    assert "<script>alert(1)</script>" not in page
    assert "Unknown scenario" in page
    assert "\x1b[" not in page
    manifest = json.loads(failed.manifest.read_text("utf-8"))
    assert manifest["parameters"]["scenario"] == NASTY
    assert str(lab.run_record(failed.report_id).status) == "failed"
    with pytest.raises(ReportVerificationError, match="failed"):
        lab.verify(failed.path)


def test_a_template_of_the_workspace_can_be_run(lab: Lab) -> None:
    """One of its own, that echoes its parameter: a text stays a text."""
    folder = lab.home / "notebooks" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": 'text: str = ""  # what to show',
        },
        {"cell_type": "code", "metadata": {}, "source": "print(text)"},
    ]
    for number, cell in enumerate(cells):
        cell |= {"execution_count": None, "outputs": [], "id": f"c{number}"}
    notebook = {
        "cells": cells,
        "metadata": {
            "foresto": {"name": "echo", "version": "1.0.0"},
            "kernelspec": {"name": "elsewhere", "language": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "echo.ipynb").write_text(json.dumps(notebook), "utf-8")
    try:
        report = lab.report("echo", text=NASTY)
    finally:
        shutil.rmtree(lab.home / "notebooks")
    page = report.path.read_text("utf-8")
    assert "{{ 7 * 7 }}&lt;script&gt;" in page
    assert "<script>alert(1)</script>" not in page
