"""A report's page as a PDF: printed by a Chromium of this machine, without a window.

The page decides size, margins and page numbers (``@page`` in its styles); charts stay
vectors, the font that the page carries is embedded. Nothing is fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from foresto_lab.errors import PdfError, PdfPrinterNotFoundError
from foresto_lab.reports.publication import writing

PDF: Final = "report.pdf"
CHROMIUM_VARIABLE: Final = "FORESTO_CHROMIUM"
NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PLAYWRIGHT: Final = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/*/*headless*shell",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)
_SECONDS: Final = 180
_DRAWING_MILLISECONDS: Final = 60_000
"""Of the page's own clock, which runs ahead while nothing is to be done."""


def find_printer() -> str:
    """Return the path of a Chromium: the one named, one on PATH, or playwright's.

    Raises
    ------
    PdfPrinterNotFoundError
        There is none.
    """
    given = os.environ.get(CHROMIUM_VARIABLE)
    if given:
        found = shutil.which(given)
        if found is None:
            raise PdfPrinterNotFoundError(
                reason=f"{CHROMIUM_VARIABLE} names {given}, which is no program here"
            )
        return found
    for candidate in _candidates():
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise PdfPrinterNotFoundError(reason="none is on PATH, and playwright has none")


def _candidates() -> Iterator[str | None]:
    yield from (shutil.which(name) for name in NAMES)
    yield from _PLACES
    browsers = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders = [Path(browsers)] if browsers else []
    folders += [
        Path.home() / ".cache" / "ms-playwright",
        Path.home() / "Library" / "Caches" / "ms-playwright",
    ]
    for folder in folders:
        for pattern in _PLAYWRIGHT:
            yield from (str(path) for path in sorted(folder.glob(pattern))[::-1])


def print_pdf(page: Path, target: Path, *, printer: str | None = None) -> Path:
    """Print a page into a PDF file, whole or not at all; return the file's path.

    Raises
    ------
    PdfPrinterNotFoundError
        There is no Chromium here.
    PdfError
        It printed nothing; the page itself is as it was.
    """
    program = printer or find_printer()
    with tempfile.TemporaryDirectory(prefix="foresto-pdf-") as scratch:
        draft = Path(scratch) / PDF
        _print(program, page, draft, scratch)
        with writing(target):
            waiting = target.with_name(f".{target.name}.{os.getpid()}")
            shutil.copyfile(draft, waiting)
            os.replace(waiting, target)
    return target


def _print(program: str, page: Path, draft: Path, scratch: str) -> None:
    command = [
        program,
        "--headless=new",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-pdf-header-footer",
        "--run-all-compositor-stages-before-draw",
        f"--virtual-time-budget={_DRAWING_MILLISECONDS}",
        "--window-size=1280,1800",
        f"--user-data-dir={scratch}/profile",
        f"--print-to-pdf={draft}",
        page.resolve().as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # its sandbox refuses to run as root
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PdfError(
            page=str(page), reason=f"{program} did not end within {_SECONDS} s"
        ) from None
    except OSError as error:
        raise PdfError(
            page=str(page), reason=f"{program} cannot run ({error})"
        ) from None
    if not draft.exists() or draft.read_bytes()[:5] != b"%PDF-":
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PdfError(
            page=str(page),
            reason=f"{program} ended with code {done.returncode} ({last})",
        )
