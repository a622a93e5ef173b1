"""The explorer's notebook in a real JupyterLab: every control reaches the chart."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import foresto_lab as fl
from tests.browser.jupyterlab import JupyterServer, open_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from foresto_lab.lab import Lab

pytestmark = pytest.mark.browser

NOTEBOOK = "notebooks/explore/scenario_explorer.ipynb"
SECOND = 1_000
COMPILING = 180 * SECOND
"""Longer than the kernels of a page take to compile when no cache has them yet."""
FIRST_CURVE = ".fx-plot .scatterlayer .trace path.js-line"


class Explorer:
    """The explorer on a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".foresto-explorer[data-drawn]")
        self.redraws: list[int] = []

    def control(self, name: str) -> Any:
        return self.root.locator(f"[name={name}]")

    def choose(self, name: str, value: str) -> None:
        self.after(lambda: self.control(name).select_option(value))

    def type(self, name: str, text: str) -> None:
        self.control(name).select_text()
        self.page.keyboard.type(text)
        self.after(lambda: self.page.keyboard.press("Enter"))

    def click(self, name: str) -> None:
        self.after(lambda: self.root.locator(name).click())

    def after(self, action: Any) -> None:
        """Act, and wait until the chart has been drawn again."""
        before = self.root.get_attribute("data-drawn")
        action()
        self.page.wait_for_function(
            "before => document.querySelector('.foresto-explorer')"
            ".dataset.drawn !== before",
            arg=before,
        )
        self.redraws.append(int(self.root.get_attribute("data-redraw-ms") or 0))

    def curve(self) -> str:
        return str(self.root.locator(FIRST_CURVE).first.get_attribute("d"))

    def cell(self, row: int, column: int = 0) -> str:
        cells = self.root.locator(".fx-table table").first.locator("tbody tr")
        return str(cells.nth(row).locator("td").nth(column).inner_text())

    def chips(self) -> list[str]:
        return [
            text.strip() for text in self.root.locator(".fx-chip").all_inner_texts()
        ]

    def message(self) -> str:
        return str(self.root.locator(".fx-message").inner_text())


@pytest.fixture
def lab(explorer_workspace: Path) -> Lab:
    from foresto_lab.lab import open_lab

    return open_lab(explorer_workspace)


@pytest.fixture
def page(browser: Browser, jupyterlab: JupyterServer) -> Iterator[Page]:
    """Open a page that fails the test when it asks anything of the network."""
    context = browser.new_context(viewport={"width": 1400, "height": 1300})
    context.set_default_timeout(COMPILING)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts <= {"127.0.0.1"}, f"the page asked {hosts}"


@pytest.fixture
def explorer(page: Page, jupyterlab: JupyterServer) -> Iterator[Explorer]:
    yield open_explorer(page, jupyterlab)
    jupyterlab.shut_down_kernels()


def open_explorer(page: Page, jupyterlab: JupyterServer) -> Explorer:
    open_notebook(page, jupyterlab, NOTEBOOK)
    explorer = Explorer(page)
    explorer.root.wait_for(timeout=90 * SECOND)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    return explorer


def test_every_change_redraws_the_value_and_is_computed_anew(
    explorer: Explorer, lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    curves = [explorer.curve()]
    for change in (
        lambda: explorer.choose("scenario", "GROWTH"),
        lambda: explorer.choose("stored", "DRIFT_5"),
        lambda: explorer.type("threshold", "3"),
        lambda: explorer.type("cost_rate", "2.5"),
        lambda: explorer.click(".fx-years button >> nth=2"),
        lambda: explorer.choose("kind", "PERIODIC"),
        lambda: explorer.choose("frequency", "WEEKLY"),
        lambda: explorer.choose("base_day", "LAST_TRADING_DAY"),
    ):
        change()
        curves.append(explorer.curve())
    assert len(set(curves)) == len(curves)
    wanted = lab.simulate(
        "GROWTH",
        start="2019-12-30",
        end="2024-12-30",
        rebalancing=fl.Periodic("WEEKLY", "LAST_TRADING_DAY", cost_rate=0.025),
        save=False,
    )
    assert explorer.cell(0) == f"{wanted.summary['total_return']:.2%}"
    with capsys.disabled():
        sys.stdout.write(f"\nfrom change to chart: {explorer.redraws} ms\n")


def test_four_settings_stand_side_by_side_and_the_best_is_marked(
    explorer: Explorer,
) -> None:
    for rule in ("QUARTERLY", "DRIFT_5", "HYBRID"):
        explorer.click(".fx-add")
        explorer.choose("stored", rule)
    assert len(set(explorer.chips())) == 4
    assert explorer.root.locator(".fx-add").is_disabled()
    assert explorer.root.locator(".fx-best").count() > 0
    explorer.click(".fx-remove >> nth=0")
    assert len(explorer.chips()) == 3
    explorer.after(lambda: explorer.page.keyboard.press("Control+z"))
    assert len(explorer.chips()) == 4


def test_it_is_used_from_the_keyboard_and_no_cell_suffers(explorer: Explorer) -> None:
    cells = explorer.page.locator(".jp-Notebook .jp-Cell").count()
    explorer.control("scenario").focus()
    explorer.after(lambda: explorer.page.keyboard.press("ArrowDown"))
    assert explorer.control("scenario").input_value() == "DEFENSIVE"
    for key in ("d", "d", "a", "b", "x"):  # cell commands of JupyterLab
        explorer.page.keyboard.press(key)
    assert explorer.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_what_cannot_be_simulated_is_said_in_a_sentence(explorer: Explorer) -> None:
    explorer.choose("stored", "DRIFT_5")
    explorer.type("threshold", "150")
    assert re.search(r"threshold.*1\.5", explorer.message())
    assert "Traceback" not in explorer.root.inner_text()
    explorer.type("threshold", "lots")
    assert "lots" in explorer.message()
    explorer.click("[title^='되돌리기']")
    assert explorer.root.locator(".fx-message").is_hidden()


def test_a_setting_is_kept_as_a_run(explorer: Explorer, lab: Lab) -> None:
    explorer.choose("scenario", "DEFENSIVE")
    explorer.click(".fx-save_run")
    (newest,) = lab.run_records(limit=1)
    assert newest.name == "DEFENSIVE"
    status = explorer.root.locator(".fx-status").inner_text()
    assert newest.run_id in status
    assert newest.request_hash[:12] in status


def test_a_report_is_made_and_linked(
    explorer: Explorer, jupyterlab: JupyterServer
) -> None:
    explorer.click(".fx-make_report")
    link = explorer.root.locator(".fx-status a")
    link.wait_for(timeout=120 * SECOND)
    with explorer.page.expect_popup() as popup:
        link.click()
    popup.value.wait_for_load_state()
    assert "SIMULATED" in popup.value.content()
    pages = list((jupyterlab.root / "reports" / "scenario").glob("*/report.html"))
    assert pages


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_nothing_overlaps_or_overflows(
    page: Page, jupyterlab: JupyterServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 1300})
    explorer = open_explorer(page, jupyterlab)
    explorer.click(".fx-add")
    wider = page.evaluate(
        """() => {
          const root = document.querySelector(".foresto-explorer");
          const edge = root.getBoundingClientRect().right + 1;
          const inside = [...root.querySelectorAll("*")].filter(
            (part) => !part.closest(".fx-table, svg, .fx-offscreen"));
          return inside.filter((part) => part.getBoundingClientRect().right > edge)
            .map((part) => part.className || part.tagName);
        }"""
    )
    assert wider == []
    boxes = [
        box
        for field in explorer.root.locator(".fx-field, .fx-years, .fx-actions").all()
        if (box := field.bounding_box())
    ]
    for box, other in pairwise(boxes):
        apart = other["y"] >= box["y"] + box["height"] - 1
        beside = other["x"] >= box["x"] + box["width"] - 1
        assert apart or beside or other["y"] + other["height"] <= box["y"] + 1
    jupyterlab.shut_down_kernels()


def test_the_chart_follows_the_theme(page: Page, jupyterlab: JupyterServer) -> None:
    explorer = open_explorer(page, jupyterlab)
    tick = explorer.root.locator(".fx-plot .xtick text").first
    light = tick.evaluate("node => getComputedStyle(node).fill")
    page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function(
        "light => getComputedStyle(document.querySelector("
        "'.fx-plot .xtick text')).fill !== light",
        arg=light,
    )
    page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', {theme: 'JupyterLab Light'})"
    )
    jupyterlab.shut_down_kernels()


def test_costs_flows_and_the_futures_reach_the_page(
    explorer: Explorer, lab: Lab
) -> None:
    explorer.choose("scenario", "GROWTH")
    explorer.choose("costs", "KOREA_RETAIL")
    assert explorer.control("cost_rate").first.is_hidden()
    explorer.type("cash_flow", "+200000/MONTHLY")
    wanted = lab.simulate(
        "GROWTH",
        rebalancing="MONTHLY",
        costs="KOREA_RETAIL",
        cashflows="+200000/MONTHLY",
        save=False,
    )
    assert explorer.cell(0) == f"{wanted.summary['total_return']:.2%}"
    history = explorer.cell(0)
    explorer.click(".fx-view[data-view=forward]")
    assert explorer.cell(0).endswith("원")
    assert explorer.root.locator(".fx-message").is_hidden()
    explorer.click(".fx-view[data-view=history]")
    assert explorer.cell(0) == history
    explorer.type("cash_flow", "200000")
    assert "+500000/MONTHLY" in explorer.message()
