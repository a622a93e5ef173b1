"""A page with 100,000 bars: every one is within reach, and every trade can be had."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab import figures
from foresto_lab.backtest import BacktestResult, backtest
from foresto_lab.reports import backtests
from foresto_lab.reports.page import CHART_TYPE, render_body, render_frame

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

BARS = 100_000
PLOT = "document.querySelector('.js-plotly-plot')"
ZOOM = f"""
async (change) => {{
  const plot = {PLOT};
  const before = plot.dataset.zooms;
  Plotly.relayout(plot, change);
  while (plot.dataset.zooms === before) await new Promise((r) => setTimeout(r, 5));
  const [candles] = plot.data;
  const plain = Object.fromEntries(
    ["x", "open", "high", "low", "close"].map((name) => [name, [...candles[name]]]));
  return {{ size: Number(plot.dataset.barsPerCandle), ...plain }};
}}
"""


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    random = np.random.default_rng(2)
    close = np.round(50_000 * np.exp(np.cumsum(random.normal(0, 6e-4, BARS))), 1)
    opened = np.concatenate((close[:1], close[:-1] + 0.3))
    frame = pd.DataFrame(
        {
            "open": opened,
            "high": np.round(np.maximum(opened, close) + 10.2, 1),
            "low": np.round(np.minimum(opened, close) - 9.7, 1),
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range("2024-01-01", periods=BARS, freq="min", tz="UTC"),
    )
    return backtest(frame, "hyperrsi", symbol="BTCUSDT")


@pytest.fixture(scope="module")
def page_file(result: BacktestResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    chart = json.loads(figures.backtest.price(result, language="en").to_json())
    table = backtests.trades(result, language="en").html
    shown: list[dict[str, Any]] = [{CHART_TYPE: chart}, {"text/html": table}]
    outputs = [new_output("display_data", data=data) for data in shown]
    body = render_body(new_notebook(cells=[new_code_cell("", outputs=outputs)]), "en")
    path = tmp_path_factory.mktemp("page") / "page.html"
    html = render_frame(title="t", language="en", visible=f"<main>{body}</main>")
    path.write_text(html, "utf-8")
    return path


@pytest.fixture
def page(browser: Browser, page_file: Path) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, offline=True, accept_downloads=True
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-drawn]", timeout=60_000)
    yield page
    context.close()
    assert errors == []


def test_a_zoom_to_an_hour_shows_its_very_bars(
    page: Page, result: BacktestResult
) -> None:
    seen = page.evaluate(
        ZOOM,
        {
            "xaxis.range[0]": "2024-02-10 10:00",
            "xaxis.range[1]": "2024-02-10 11:00",
        },
    )
    assert seen["size"] == 1
    frame = result.candles.to_frame()
    times = pd.to_datetime(seen["x"], unit="ms", utc=True)
    wanted = frame.loc[times]
    assert pd.Timestamp("2024-02-10 10:30", tz="UTC") in times
    for name in ("open", "high", "low", "close"):
        assert np.abs(np.array(seen[name]) - wanted[name].to_numpy()).max() < 1e-6


def test_zoomed_out_no_high_and_no_low_is_lost(
    page: Page, result: BacktestResult
) -> None:
    seen = page.evaluate(ZOOM, {"xaxis.autorange": True})
    candles = result.candles
    assert seen["size"] == BARS // 500
    assert max(seen["high"]) == pytest.approx(candles.high.max(), abs=1e-6)
    assert min(seen["low"]) == pytest.approx(candles.low.min(), abs=1e-6)
    assert seen["close"][-1] == pytest.approx(candles.close[-1], abs=1e-6)


def test_the_table_turns_pages_and_sorts(page: Page, result: BacktestResult) -> None:
    rows = page.locator(".trades tbody tr")
    first = rows.first.inner_text()
    page.click(".pages button >> nth=1")
    assert rows.first.inner_text() != first
    page.click(".trades th button:has-text('Return')")
    best = result.trades["return_rate"].max()
    assert f"{best * 100:.2f}%" in rows.first.inner_text()


def test_all_trades_can_be_downloaded(
    page: Page, result: BacktestResult, tmp_path: Path
) -> None:
    with page.expect_download() as download:
        page.click(".download")
    path = tmp_path / "trades.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(result.trades)
    assert [float(row["pnl"]) for row in rows] == result.trades["pnl"].tolist()[::-1]
