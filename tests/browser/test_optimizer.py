"""The optimizer's notebook in a real JupyterLab: searching, cancelling, opening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.jupyterlab import JupyterServer, open_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

NOTEBOOK = "notebooks/explore/optimizer.ipynb"
SECOND = 1_000
COMPILING = 240 * SECOND
"""Longer than the kernels of a search take to compile when no cache has them yet."""
CLICKS = 8


class Optimizer:
    """The optimizer on a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".fx-optimizer[data-drawn]")

    def control(self, name: str) -> Locator:
        return self.root.locator(f"[name='{name}']")

    def write(self, name: str, text: str) -> None:
        """Write into a field, and leave it as the Tab key does."""
        self.control(name).fill(text)
        self.control(name).blur()

    def start(self) -> None:
        self.root.locator(".fx-start").click()

    def wait_for_the_end(self) -> None:
        """Wait until a search has ended and what it found is on the page."""
        self.root.locator(".fx-verdict strong").filter(
            has_text=re.compile(".")
        ).wait_for()
        self.page.wait_for_function(
            "() => document.querySelector('.fx-optimizer').dataset.running === 'false'"
        )

    def planned(self, text: str) -> None:
        """Wait until the page says so of what is set."""
        self.root.locator(".fx-planned", has_text=text).wait_for()

    def text(self, selector: str) -> str:
        return str(self.root.locator(selector).inner_text())

    def click_cell(self, column: int, row: int) -> None:
        """Click a cell of the map, counted from the left and from below."""
        place: Any = self.page.evaluate(
            """([column, row]) => {
              const map = document.querySelector('.fx-optimizer .fx-map');
              const { xaxis, yaxis } = map._fullLayout;
              const box = map.getBoundingClientRect();
              return [
                box.left + xaxis._offset + xaxis.c2p(column),
                box.top + yaxis._offset + yaxis.c2p(row),
              ];
            }""",
            [column, row],
        )
        self.page.mouse.move(*place)
        self.page.mouse.click(*place)

    def open_cell(self, column: int, row: int, *, instead_of: str) -> None:
        """Click a cell until its backtest is there instead of another trial's.

        Plotly takes a click only where it has answered the pointer's arrival, which
        it may not have done yet on a busy machine.
        """
        from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

        other = self.root.locator(f".fx-opened:not([data-trial='{instead_of}'])")
        for _ in range(CLICKS):
            self.click_cell(column, row)
            try:
                other.wait_for(timeout=COMPILING / CLICKS)
            except PlaywrightTimeoutError:
                continue
            return
        other.wait_for()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test when it asks anything of the network."""
    context = browser.new_context(viewport={"width": 1400, "height": 1800})
    context.set_default_timeout(COMPILING)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts <= {"127.0.0.1"}, f"the page asked {hosts}"


@pytest.fixture
def optimizer(page: Page, jupyterlab: JupyterServer) -> Iterator[Optimizer]:
    open_notebook(page, jupyterlab, NOTEBOOK)
    optimizer = Optimizer(page)
    optimizer.root.wait_for()
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield optimizer
    jupyterlab.shut_down_kernels()


def test_it_is_driven_from_the_page(optimizer: Optimizer) -> None:
    root = optimizer.root
    optimizer.control("series").select_option("SIM_EQUITY 1d")
    optimizer.write("range-fast_period", "50:5")
    optimizer.planned("above its high")
    assert root.locator(".fx-start").is_disabled()
    optimizer.write("range-fast_period", "10:30:5")
    optimizer.write("range-slow_period", "40:80:10")
    optimizer.planned("25")
    assert root.locator(".fx-found").is_hidden()

    optimizer.start()
    optimizer.wait_for_the_end()
    assert root.locator(".fx-verdict li").count() >= 1
    assert root.locator(".fx-partial").is_hidden()
    assert root.locator(".fx-table tbody tr").count() == 8
    root.locator(".fx-map .nsewdrag").wait_for()

    root.locator(".fx-table tbody button").first.click()
    best = root.locator(".fx-table tbody tr").first.get_attribute("data-trial")
    opened = root.locator(f".fx-opened[data-trial='{best}']")
    opened.wait_for()
    assert opened.locator("dd").count() == 12

    root.locator(".fx-map").scroll_into_view_if_needed()
    optimizer.open_cell(1, 2, instead_of=str(best))
    assert re.search(
        r"#\d+: fast_period \d+, slow_period \d+", optimizer.text(".fx-opened h3")
    )

    language = root.get_attribute("lang")
    root.locator(".fx-language").click()
    other = "en" if language == "ko" else "ko"
    optimizer.page.locator(f".fx-optimizer[lang={other}][data-drawn]").wait_for()
    title = {"en": "Optimizer", "ko": "최적화"}[other]
    assert optimizer.text("h2") == title
    assert "Traceback" not in root.inner_text()


def test_a_search_is_watched_and_cancelled(optimizer: Optimizer) -> None:
    root = optimizer.root
    optimizer.control("method").select_option("tpe")
    optimizer.write("trials", "5000")
    optimizer.write("range-fast_period", "2:200")
    optimizer.write("range-slow_period", "201:900")
    optimizer.planned("5,000")
    optimizer.start()
    told = root.locator(".fx-told", has_text=re.compile(r"\d+ .*5,000"))
    told.wait_for()
    assert root.locator(".fx-start").is_disabled()
    root.locator(".fx-cancel").click()
    optimizer.wait_for_the_end()
    assert root.locator(".fx-partial").is_visible()
    assert root.locator(".fx-verdict li").count() >= 1
    assert root.locator(".fx-cancel").is_hidden()
    assert root.locator(".fx-start").is_enabled()
