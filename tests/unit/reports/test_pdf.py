"""Printing a page: what is said where it cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresto_lab.errors import PdfError, PdfPrinterNotFoundError
from foresto_lab.reports.pdf import CHROMIUM_VARIABLE, find_printer, print_pdf


def test_without_a_chromium_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(CHROMIUM_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("foresto_lab.reports.pdf._PLACES", ())
    with pytest.raises(PdfPrinterNotFoundError, match="apt-get install chromium"):
        find_printer()


def test_a_named_program_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHROMIUM_VARIABLE, "/no/such/chromium")
    with pytest.raises(PdfPrinterNotFoundError, match="/no/such/chromium"):
        find_printer()


def test_the_browser_that_playwright_has_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "chromium-1200" / "chrome-linux" / "chrome"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv(CHROMIUM_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr("foresto_lab.reports.pdf._PLACES", ())
    assert find_printer() == str(program)


@pytest.mark.parametrize("body", ["exit 3", "echo broken >&2; exit 0"])
def test_a_printer_that_prints_nothing_leaves_nothing(
    tmp_path: Path, body: str
) -> None:
    printer = tmp_path / "printer"
    printer.write_text(f"#!/bin/sh\n{body}\n")
    printer.chmod(0o755)
    page, target = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text("<p>page</p>")
    with pytest.raises(PdfError, match="The page itself is whole"):
        print_pdf(page, target, printer=str(printer))
    assert not target.exists()
