"""The fact sheet on a screen, on a phone and on paper: two pages of A4, whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pypdf
import pytest
from playwright.sync_api import Browser, Page

import foresto_lab as fl
from foresto_lab.lab_benchmarks import Benchmark
from foresto_lab.reports import Report
from foresto_lab.reports.fact_sheet import FactSheet, back_page, front_page
from foresto_lab.reports.page import render_frame
from foresto_lab.reports.pdf import print_pdf
from foresto_lab.runs.request import SimulationRequest
from foresto_lab.workspace import set_up_workspace
from tests.chromium import find_chromium

pytestmark = pytest.mark.browser

A4_POINTS = (595, 842)
A4_PIXELS = 1122.5
LANGUAGES = ("ko", "en")
SPILLS = """
() => [...document.querySelectorAll('.sheet td, .sheet th, .sheet dd, .sheet dt')]
  .filter(e => !e.closest('.scroll') || getComputedStyle(e.closest('.scroll')).overflowX
               === 'visible')
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .filter(e => getComputedStyle(e).textOverflow !== 'ellipsis')
  .map(e => e.textContent)
"""
CLIPPED = """
() => [...document.querySelectorAll('.sheet svg text')].filter(t => {
  const a = t.getBoundingClientRect(), s = t.closest('.sheet').getBoundingClientRect();
  return a.width && (a.left < s.left || a.right > s.right || a.bottom > s.bottom);
}).map(t => t.textContent)
"""
OVERLAPS = """
() => [...document.querySelectorAll('.sheet svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text:not(.watermark)')]
    .map(t => [t.getBoundingClientRect(), t.textContent]);
  return texts.flatMap(([a, one], place) => texts.slice(place + 1)
    .filter(([b]) => a.left < b.right - 1 && b.left < a.right - 1 &&
                     a.top < b.bottom - 3 && b.top < a.bottom - 3)
    .map(([, other]) => [one, other]));
})
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> fl.Lab:
    home = tmp_path_factory.mktemp("fact-sheets")
    set_up_workspace(home)
    return fl.open_lab(home)


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = find_chromium()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def reports(lab: fl.Lab, printer: str) -> dict[str, Report]:
    del printer
    return {
        language: lab.report("portfolio", language=language, pdf=True)
        for language in LANGUAGES
    }


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, offline=True
    )
    yield context.new_page()
    context.close()


def crowded(language: str) -> FactSheet:
    """Return a sheet with as much on it as there can be."""
    count, assets = 252 * 28, 14
    draws = np.random.default_rng(3).normal(0.0002, 0.011, (count, assets))
    index = pd.bdate_range("1996-01-02", periods=count, name="date")
    names = [f"Instrument number {place}" for place in range(assets)]
    prices = pd.DataFrame(100 * np.cumprod(1 + draws, axis=0), index, names)
    weights = dict.fromkeys(names, 1 / assets)
    result = fl.simulate(
        prices, weights, fl.Drift(0.05), initial_amount=1e10, calendar="XNYS"
    )
    summary = result.summary.copy()
    parts = ("commission", "spread", "impact", "transaction_tax", "currency_conversion")
    for part in (*parts, "distribution_tax", "capital_gains_tax", "management_fee"):
        summary[f"cost_{part}"] = 12_345_678.0
    return FactSheet(
        result=fl.SimulationResult.from_tables(
            result.path,
            result.events,
            summary,
            request_hash="0" * 64,
            weights=weights,
            rule=fl.Drift(0.05),
            initial_amount=1e10,
            calendar="XNYS",
            simulated=True,
        ),
        name="A portfolio with quite a long name, as clients give them",
        description="What it is for, told at some length, so that it takes a line.",
        prepared_for="The Foundation of Everybody",
        language=language,
        benchmark=Benchmark(
            growth=prices[names[0]] / prices[names[0]].iloc[0],
            name_ko="긴 이름의 비교 대상 60% + 다른 것 40%",
            name_en="A benchmark of a long name 60% + another one 40%",
            request=SimulationRequest(weights={"a": 1.0}, instruments={"a": "a"}),
        ),
        own_crises={
            f"mine {n}": (f"{2003 + n}-01-02", f"{2004 + n}-01-02") for n in range(6)
        },
        forward_years=10,
        forward=fl.forward(
            prices, weights, years=10, paths=50, initial_amount=1e10, calendar="XNYS"
        ),
        facts={"request": None, "data_version": "daily_price@1-0123456789ab"},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_has_exactly_two_a4_pages_with_all_of_the_words(
    reports: dict[str, Report], language: str
) -> None:
    pdf = reports[language].pdf
    assert pdf is not None
    document = pypdf.PdfReader(pdf)
    sizes = [
        (round(p.mediabox.width), round(p.mediabox.height)) for p in document.pages
    ]
    assert sizes == [A4_POINTS, A4_POINTS]
    first, second = (p.extract_text() for p in document.pages)
    assert "1 / 2" in first
    assert "2 / 2" in second
    for text in (first, second):
        assert {"ko": "모의 데이터", "en": "SIMULATED"}[language] in text
        assert "daily_price@" in text
    for words in {"ko": ("꼭 읽어 주세요", "과거에 없던 일"), "en": ("Please note",)}[
        language
    ]:
        assert "".join(words.split()) in "".join(second.split())


def test_the_fonts_are_embedded_and_the_charts_are_vectors(
    reports: dict[str, Report],
) -> None:
    pdf = reports["ko"].pdf
    assert pdf is not None
    document = pypdf.PdfReader(BytesIO(pdf.read_bytes()))
    for page in document.pages:
        resources = page["/Resources"]
        fonts = [font.get_object() for font in resources["/Font"].values()]
        assert fonts
        for font in fonts:
            inner = font.get("/DescendantFonts", [font])[0].get_object()
            if font["/Subtype"] == "/Type3":
                assert font["/CharProcs"]
                continue
            descriptor = inner["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3", "/FontFile"} & set(descriptor)
        assert not list(page.images)


def test_a_report_with_a_pdf_verifies(lab: fl.Lab, reports: dict[str, Report]) -> None:
    verification = lab.verify(reports["en"].path)
    assert verification.verified, str(verification)
    assert verification.numbers_compared > 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_on_a_screen_and_on_a_phone(
    reports: dict[str, Report], page: Page, language: str
) -> None:
    page.goto(reports[language].path.as_uri())
    page.wait_for_selector("html[data-drawn]")
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(SPILLS) == []
    if window > 840:
        heights = page.evaluate(
            "[...document.querySelectorAll('.sheet')].map(s => s.offsetHeight)"
        )
        assert all(abs(height - A4_PIXELS) <= 2 for height in heights)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_crowded_sheet_still_fits_two_pages(
    language: str, tmp_path: Path, printer: str, browser: Browser
) -> None:
    given = crowded(language)
    html = front_page(given).html + back_page(given).html
    path = tmp_path / "report.html"
    path.write_text(
        render_frame(
            title="crowded",
            language=language,
            visible=f"<main>{html}</main><footer></footer>",
        ),
        "utf-8",
    )
    document = pypdf.PdfReader(print_pdf(path, tmp_path / "a.pdf", printer=printer))
    assert len(document.pages) == 2
    last = "".join(document.pages[1].extract_text().split())
    assert {"ko": "과거에없던일은", "en": "nothingthatthepast"}[language] in last
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn]")
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(SPILLS) == []
    context.close()


def test_other_reports_are_printed_with_page_numbers_and_where_they_are_from(
    lab: fl.Lab, printer: str
) -> None:
    assert shutil.which(printer)
    report = lab.report("data_quality", language="en", pdf=True)
    assert report.pdf is not None
    document = pypdf.PdfReader(report.pdf)
    total = len(document.pages)
    for number, page in enumerate(document.pages, start=1):
        text = page.extract_text()
        assert f"{number} / {total}" in text
        assert report.report_id in text
