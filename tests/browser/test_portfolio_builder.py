"""The portfolio builder's notebook in a real JupyterLab: typing, choosing, saving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.jupyterlab import JupyterServer, open_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

NOTEBOOK = "notebooks/explore/portfolio_builder.ipynb"
SECOND = 1_000


class Builder:
    """The builder on a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".fp-builder[data-drawn]")

    def control(self, name: str) -> Any:
        return self.root.locator(f"[name='{name}']")

    def after(self, action: Any) -> None:
        """Act, and wait until the page has been drawn again."""
        before = self.root.get_attribute("data-drawn")
        action()
        self.page.wait_for_function(
            "before => document.querySelector('.fp-builder').dataset.drawn !== before",
            arg=before,
            timeout=60 * SECOND,
        )

    def fill(self, name: str, text: str) -> None:
        self.after(lambda: self.control(name).fill(text))

    def choose(self, name: str, value: str) -> None:
        self.after(lambda: self.control(name).select_option(value))

    def press(self, selector: str) -> None:
        self.after(lambda: self.root.locator(selector).click())

    def text(self, selector: str) -> str:
        return str(self.root.locator(selector).inner_text())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test when it asks anything of the network."""
    context = browser.new_context(viewport={"width": 1400, "height": 1500})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts <= {"127.0.0.1"}, f"the page asked {hosts}"


@pytest.fixture
def builder(page: Page, jupyterlab: JupyterServer) -> Iterator[Builder]:
    open_notebook(page, jupyterlab, NOTEBOOK)
    builder = Builder(page)
    builder.root.wait_for(timeout=90 * SECOND)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield builder
    jupyterlab.shut_down_kernels()


def test_a_portfolio_is_made_with_keys_and_mouse(
    builder: Builder, tmp_path: Path
) -> None:
    save = builder.root.locator(".fp-save")
    assert save.is_disabled()
    assert "이름" in builder.text(".fp-faults")
    builder.fill("name", "All weather")
    assert save.is_enabled()
    assert builder.text(".fp-total") == "100 %"

    builder.fill("percent-0", "35.5")
    assert "15.5" in builder.text(".fp-faults")
    assert save.is_disabled()
    assert builder.root.locator(".fx-plot").is_hidden()
    builder.fill("percent-1", "4.5")
    assert save.is_enabled()
    builder.root.screenshot(path=tmp_path / "builder.png")

    builder.fill("symbol-4", "SIM_OTHR")
    assert "SIM_OTHER" in builder.text("tbody tr:nth-child(5) .fp-note")
    assert builder.control("symbol-4").input_value() == "SIM_OTHR"
    builder.press("header button:nth-of-type(1)")
    assert save.is_enabled()

    builder.press(".fp-save")
    assert "All weather@1.0.0" in builder.text(".fx-status")
    builder.choose("method", "RISK_PARITY")
    builder.fill("lookback", "126")
    assert builder.control("percent-0").is_disabled()
    builder.press(".fp-save")
    assert "All weather@1.0.1" in builder.text(".fx-status")
    assert "Traceback" not in builder.root.inner_text()


def test_the_other_language_keeps_what_is_typed(builder: Builder) -> None:
    builder.fill("name", "Half")
    builder.press("header .fx-quiet:last-child")
    assert "Portfolio builder" in builder.root.inner_text()
    assert builder.control("name").input_value() == "Half"
    builder.press(".fp-buttons button:first-child")
    assert "No symbol yet" in builder.text("tbody tr:nth-child(6) .fp-note")
    builder.press("tbody tr:nth-child(6) .fx-remove")
    assert builder.root.locator("tbody").first.locator("tr").count() == 5
