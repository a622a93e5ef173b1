"""A page shows what a notebook shows, runs nothing else, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from io import BytesIO
from typing import Any

import nbformat
import pytest
from fontTools.ttLib import TTFont

from foresto_lab.reports.execute import CellFailure, find_failure, strip_ansi
from foresto_lab.reports.font import FAMILY, alphabet, font_face, font_subset
from foresto_lab.reports.page import ReportDescription, render_page, rerun_command

NASTY = "a'b\"c\n{{ 7*7 }}{% raw %}<script>alert(1)</script></main>../../x"
FACTS = {"title": NASTY, "period": "", "runs": []}


def description(**changes: Any) -> ReportDescription:
    facts: dict[str, Any] = {
        "kind": "scenario",
        "report_id": "20240102T030405-abcdef",
        "language": "ko",
        "template": {"name": "scenario", "version": "1.0.0", "checksum": "0" * 64},
        "parameters": {"scenario": NASTY},
        "created_at": "2024-01-02 03:04:05 UTC",
        "given": {"scenario": NASTY},
    }
    return ReportDescription(**{**facts, **changes})


def notebook(*outputs: dict[str, Any]) -> Any:
    cell = nbformat.v4.new_code_cell("secret = 'source of the cell'")
    cell.outputs = [nbformat.from_dict(output) for output in outputs]
    return nbformat.v4.new_notebook(cells=[cell])


def shown(data: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def test_code_is_hidden_and_outputs_are_shown() -> None:
    page = render_page(
        notebook(shown({"text/html": "<p>보이는 글</p>"})), description()
    )
    assert "보이는 글" in page.html
    assert "source of the cell" not in page.html


def test_texts_from_outside_stay_texts() -> None:
    output = shown({"text/plain": NASTY}, foresto=FACTS)
    page = render_page(notebook(output), description()).html
    assert "<script>alert(1)</script>" not in page
    assert "49" not in re.sub(r"\d{3,}", "", page[page.find("<main>") :][:2000])
    facts = re.findall(r'id="foresto-facts">(.*?)</script>', page, re.DOTALL)
    assert json.loads(facts[0])["report"]["parameters"]["scenario"] == NASTY


def test_the_policy_names_every_script_and_no_source() -> None:
    page = render_page(notebook(shown({"text/plain": "x"})), description()).html
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)[0]
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = {
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in scripts
    }
    assert hashes == allowed
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert not re.search(r"<(?:script|img|iframe|link|object)[^>]+(?:src|href)=", page)


def test_a_chart_becomes_data_that_ends_no_script() -> None:
    figure = {"data": [{"name": "</script><b>"}], "layout": {}}
    output = shown({"application/vnd.plotly.v1+json": figure})
    page = render_page(notebook(output), description()).html
    block = re.findall(r'class="chart"><script[^>]*>(.*?)</script>', page)[0]
    assert json.loads(block) == figure


def test_a_failed_notebook_shows_the_sentence_and_folds_the_rest() -> None:
    failure = CellFailure("WeightError", "The weights sum to 1.2.", "Traceback …", True)
    page = render_page(notebook(), description(), failure).html
    assert "The weights sum to 1.2." in page
    assert "보고서를 만들지 못했습니다" in page
    assert page.index("<details>") < page.index("Traceback …")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("WeightError", "too much"), ("ZeroDivisionError", "ZeroDivisionError: too much")],
)
def test_an_error_of_ours_speaks_for_itself(name: str, reason: str) -> None:
    error = {
        "output_type": "error",
        "ename": name,
        "evalue": "\x1b[31mtoo much\x1b[0m",
        "traceback": ["\x1b[1;31mTraceback\x1b[0m"],
    }
    failure = find_failure(notebook(error))
    assert failure is not None
    assert failure.reason == reason
    assert "\x1b" not in failure.traceback


def test_ansi_colours_are_stripped() -> None:
    assert strip_ansi("\x1b[0;31mred\x1b[0m\x1b[K plain") == "red plain"


def test_the_command_to_make_it_again_survives_a_shell() -> None:
    import shlex

    command = rerun_command(
        "scenario", {"scenario": NASTY, "rules": ["a", None], "n": 5.0}
    )
    words = shlex.split(command)
    assert words[:3] == ["foresto", "report", "scenario"]
    assert words[4] == f"scenario={NASTY}"
    assert words[6] == 'rules=["a", null]'
    assert words[8] == "n=5"


# --- the font -----------------------------------------------------------------------


def test_the_font_holds_each_printable_character_of_the_text() -> None:
    font = TTFont(BytesIO(font_subset(alphabet("뷁 Ünique"))))
    characters = font.getBestCmap()
    assert {ord("뷁"), ord("Ü"), ord("가"), ord("9")} - set(characters) <= {ord("가")}


def test_the_font_carries_another_name_than_the_reserved_one() -> None:
    font = TTFont(BytesIO(font_subset(alphabet())))
    names = {record.nameID: str(record) for record in font["name"].names}
    assert names[1] == FAMILY
    assert not any(
        "Pretendard" in names[place] for place in (1, 3, 4, 6) if place in names
    )


def test_pages_of_labels_share_one_cut() -> None:
    assert font_face("누적 수익률 12.3%\n") == font_face("최대 낙폭 1,234원")
