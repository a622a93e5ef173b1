"""The rendered pages as their readers see them, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import foresto_lab as fl
from foresto_lab.reports import Report
from foresto_lab.workspace import set_up_workspace

pytestmark = pytest.mark.browser

PHONE, DESKTOP = 390, 1280
CHARTS = {
    "scenario": 10,
    "backtest": 11,
    "strategy_comparison": 4,
    "optimization": 9,
    "walk_forward": 2,
    "rebalancing_comparison": 6,
    "rebalancing_study": 7,
    "data_quality": 2,
    "store_health": 1,
}
KINDS = [(kind, language) for kind in CHARTS for language in ("ko", "en")]
TEXTS = (
    ".xtick text",
    ".x2tick text",
    ".ytick text",
    ".gtitle",
    ".legendtext",
    ".annotation-text",
)

BOUNDS = """
selector => [...document.querySelectorAll(selector)]
  .filter(e => e.textContent.trim() && e.getBoundingClientRect().width)
  .map(e => { const r = e.getBoundingClientRect();
              return [r.left, r.top, r.right, r.bottom, e.textContent]; })
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Report]:
    home = tmp_path_factory.mktemp("pages")
    set_up_workspace(home)
    lab = fl.open_lab(home)
    return {
        (kind, language): lab.report(kind, language=language)
        for kind, language in KINDS
    }


class Visit:
    """A page opened at a width in light or dark, with all that it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if message.type == "error" else None
            ),
        )

    def open(self, path: Path, *, drawn: bool = True) -> Page:
        self.page.goto(path.as_uri())
        if drawn:
            self.page.wait_for_selector("html[data-drawn]", timeout=60_000)
        return self.page


@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    scheme, width = request.param
    phone = width == PHONE
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        is_mobile=phone,
        has_touch=phone,
        offline=True,
    )
    yield Visit(context.new_page())
    context.close()


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_a_page_stands_alone_and_reads_well(
    reports: dict[tuple[str, str], Report], visit: Visit, kind: str, language: str
) -> None:
    report = reports[kind, language]
    page = visit.open(report.path)
    assert [url for url in visit.requests if not url.startswith("data:")] == [
        report.path.as_uri()
    ]
    assert visit.errors == []
    charts = page.locator(".chart .main-svg:first-of-type")
    assert page.locator(".chart").count() == CHARTS[kind]
    assert charts.count() >= CHARTS[kind]
    assert page.locator(".chart .gtitle").count() == CHARTS[kind]
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    assert "lab.simulate" not in page.inner_text("body")
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("kind", list(CHARTS))
def test_hangul_is_drawn_with_the_page_s_own_font(
    reports: dict[tuple[str, str], Report], visit: Visit, kind: str
) -> None:
    page = visit.open(reports[kind, "ko"].path)
    assert page.evaluate("document.fonts.check('16px \"Foresto Sans\"', '변동성')")
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]
    client = page.context.new_cdp_session(page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", ".line span", ".chart .gtitle", "footer dt"):
        node = client.send("DOM.querySelector", {"nodeId": root, "selector": selector})[
            "nodeId"
        ]
        fonts = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert {(font["familyName"], font["isCustomFont"]) for font in fonts} == {
            ("Foresto Sans", True)
        }


def test_no_korean_on_the_english_page(
    reports: dict[tuple[str, str], Report], visit: Visit
) -> None:
    for kind in CHARTS:
        text = visit.open(reports[kind, "en"].path).inner_text("main")
        assert not re.findall("[가-힣]+", text)


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_no_labels_of_a_chart_overlap(
    reports: dict[tuple[str, str], Report], visit: Visit, kind: str, language: str
) -> None:
    page = visit.open(reports[kind, language].path)
    for chart in range(CHARTS[kind]):
        page.evaluate(
            "n => document.querySelectorAll('.chart').forEach("
            "(c, i) => c.classList.toggle('looked-at', i === n))",
            chart,
        )
        texts = ", ".join(f".chart.looked-at {part}" for part in TEXTS)
        boxes = page.evaluate(BOUNDS, texts)
        for place, one in enumerate(boxes):
            for other in boxes[place + 1 :]:
                apart = (
                    one[2] <= other[0] + 1
                    or other[2] <= one[0] + 1
                    or one[3] <= other[1] + 2
                    or other[3] <= one[1] + 2
                )
                assert apart, (chart, one, other)


def test_numbers_of_tables_are_at_the_right(
    reports: dict[tuple[str, str], Report], visit: Visit
) -> None:
    page = visit.open(reports["rebalancing_comparison", "ko"].path)
    sides = page.evaluate(
        "[...document.querySelectorAll('td.number')].map("
        "cell => getComputedStyle(cell).textAlign)"
    )
    assert len(sides) > 50
    assert set(sides) == {"right"}


def test_the_reader_chooses_light_or_dark(
    reports: dict[tuple[str, str], Report], visit: Visit
) -> None:
    page = visit.open(reports["scenario", "ko"].path)
    colours = "[getComputedStyle(document.body).backgroundColor, " + (
        "getComputedStyle(document.querySelector('.gtitle')).fill]"
    )
    before = page.evaluate(colours)
    page.click(".theme")
    after = page.evaluate(colours)
    assert before[0] != after[0]
    assert before[1] != after[1]
    page.click(".theme")
    assert page.evaluate(colours) == before


def test_the_gallery_leads_to_each_report(
    reports: dict[tuple[str, str], Report], visit: Visit
) -> None:
    report = reports["scenario", "en"]
    page = visit.open(report.path.parents[2] / "index.html", drawn=False)
    page.wait_for_selector("html[data-drawn]", timeout=60_000)
    assert page.locator(".card").count() == len(KINDS)
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    page.click(f'.card[href*="{report.report_id}"]')
    page.wait_for_selector(".chart .main-svg")
    assert page.title() == report.title
