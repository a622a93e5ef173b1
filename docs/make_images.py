"""Take the README's pictures anew: ``python -m docs.make_images``, from the root.

A report and the explorer, on the sample prices, in the machine's own Chromium.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from foresto_lab.lab import open_lab
from foresto_lab.workspace import set_up_workspace
from tests.browser.jupyterlab import jupyter_server, open_notebook
from tests.chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parent / "images"
NOTEBOOK = "notebooks/explore/scenario_explorer.ipynb"


def take_report(browser: Browser, home: Path) -> None:
    """Take the top of a scenario report."""
    report = open_lab(home).report(
        "scenario", language="en", scenario="GROWTH", rebalancing="QUARTERLY"
    )
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.goto(report.path.as_uri())
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2_000)
    page.screenshot(path=FOLDER / "report.png")


def take_explorer(browser: Browser, home: Path, scratch: Path) -> None:
    """Take the explorer in JupyterLab, with two settings side by side."""
    with jupyter_server(home, scratch) as server:
        page = browser.new_page(viewport={"width": 1200, "height": 1700})
        open_notebook(page, server, NOTEBOOK)
        explorer = page.locator(".foresto-explorer[data-drawn]")
        explorer.wait_for(timeout=90_000)
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        for act in (
            lambda: explorer.get_by_text("English", exact=True).click(),
            lambda: explorer.locator("[name=scenario]").select_option("GROWTH"),
            lambda: explorer.locator(".fx-add").click(),
            lambda: explorer.locator("[name=scenario]").select_option("MIN_VOL"),
            lambda: explorer.locator("[name=stored]").select_option("DRIFT_5"),
        ):
            act()
            page.wait_for_timeout(2_000)
        box = explorer.bounding_box()
        assert box is not None
        page.screenshot(
            path=FOLDER / "explorer.png",
            clip={**box, "height": min(box["height"], 1000.0)},
        )


def main() -> None:
    """Take both pictures."""
    FOLDER.mkdir(exist_ok=True)
    options = ["--no-sandbox"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "workspace"
        set_up_workspace(home)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=options
        )
        take_report(browser, home)
        take_explorer(browser, home, Path(folder) / "scratch")
        browser.close()


if __name__ == "__main__":
    main()
