"""The strategy explorer's notebook in a real JupyterLab: typing, sliding, zooming."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.jupyterlab import JupyterServer, open_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

NOTEBOOK = "notebooks/explore/strategy_explorer.ipynb"
SECOND = 1_000
COMPILING = 180 * SECOND
"""Longer than the kernels of a page take to compile when no cache has them yet."""
NEVER = {
    "name": "never",
    "indicators": [{"name": "rsi", "params": {"period": 14}}],
    "buyConditions": [{"left": "rsi", "operator": "<", "right": 0.5}],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 70}],
}


class Explorer:
    """The explorer on a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".fx-strategy[data-drawn]")
        self.redraws: list[int] = []

    def control(self, name: str) -> Any:
        return self.root.locator(f"[name={name}]")

    def after(self, action: Any) -> None:
        """Act, and wait until the chart has been drawn again."""
        before = self.root.get_attribute("data-drawn")
        action()
        self.page.wait_for_function(
            "before => document.querySelector('.fx-strategy').dataset.drawn !== before",
            arg=before,
        )
        self.redraws.append(int(self.root.get_attribute("data-redraw-ms") or 0))

    def choose(self, name: str, value: str) -> None:
        self.after(lambda: self.control(name).select_option(value))

    def slide(self, name: str, value: str) -> None:
        slider = self.root.locator(f"input[type=range][aria-label={name}]")
        self.after(lambda: slider.fill(value))

    def write(self, text: str) -> None:
        self.after(lambda: self.control("json").fill(text))

    def metrics(self) -> list[str]:
        return [str(text) for text in self.root.locator("dd").all_inner_texts()]

    def preflight(self) -> str:
        return str(self.root.locator(".fx-preflight").inner_text())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test when it asks anything of the network."""
    context = browser.new_context(viewport={"width": 1400, "height": 1400})
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
    open_notebook(page, jupyterlab, NOTEBOOK)
    explorer = Explorer(page)
    explorer.root.wait_for(timeout=90 * SECOND)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield explorer
    jupyterlab.shut_down_kernels()


def test_it_is_driven_from_the_page(
    explorer: Explorer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = [explorer.metrics()]
    for change in (
        lambda: explorer.choose("series", "SIM_EQUITY 1d"),
        lambda: explorer.choose("strategy", "rsi_reversal"),
        lambda: explorer.slide("oversold", "38"),
        lambda: explorer.slide("rsi_period", "9"),
    ):
        change()
        seen.append(explorer.metrics())
    assert all(one != other for one, other in pairwise(seen))
    assert len(seen[-1]) == 12

    definition = json.loads(explorer.control("json").input_value())
    definition["buyConditions"][0]["right"] = 30
    explorer.write(json.dumps(definition))
    assert explorer.control("strategy").input_value() == ""
    assert explorer.metrics() != seen[-1]

    explorer.write("{")
    assert "JSON" in explorer.root.locator(".fx-message").inner_text()
    explorer.write(json.dumps(NEVER))
    assert explorer.metrics() == []
    assert "rsi" in explorer.preflight()
    assert "0.5" in explorer.preflight()
    assert "Traceback" not in explorer.root.inner_text()

    explorer.choose("strategy", "hyperrsi")
    chart = explorer.root.locator(".fx-plot .nsewdrag").first
    box = chart.bounding_box()
    assert box is not None
    mouse = explorer.page.mouse

    def drag() -> None:
        mouse.move(box["x"] + 200, box["y"] + 60)
        mouse.down()
        mouse.move(box["x"] + 420, box["y"] + 64, steps=6)
        mouse.up()

    candles = "() => document.querySelector('.fx-plot').data[0].x.length"
    bars = explorer.page.evaluate(candles)
    explorer.after(drag)
    assert explorer.root.locator(".fx-whole").is_visible()
    explorer.after(lambda: explorer.root.locator(".fx-whole").click())
    assert explorer.page.evaluate(candles) == bars

    explorer.after(lambda: explorer.root.locator(".fx-save_run").click())
    explorer.root.locator(".fx-status", has_text="2").wait_for()
    with capsys.disabled():
        sys.stdout.write(f"\nfrom change to chart: {explorer.redraws} ms\n")
