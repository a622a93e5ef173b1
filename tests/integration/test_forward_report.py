"""The report on futures: made, verified, and found out when a number is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import foresto_lab as fl
from foresto_lab.errors import ForestoError, ReportParameterError
from foresto_lab.lab import Lab
from foresto_lab.workspace import set_up_workspace


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return fl.open_lab(home)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_made_and_verified(lab: Lab, language: str) -> None:
    report = lab.report(
        "forward",
        scenario="GROWTH",
        years=5,
        paths=200,
        cashflows="-5%/ANNUAL",
        inflation=0.02,
        language=language,
    )
    page = Path(report.path).read_text("utf-8")
    wanted = "고갈 확률" if language == "ko" else "Probability of ruin"
    assert wanted in page
    found = lab.verify(report.path)
    assert found.verified, str(found)
    assert found.numbers_compared > 40


def test_what_the_template_does_not_take_is_refused(lab: Lab) -> None:
    with pytest.raises(ReportParameterError):
        lab.report("forward", horizon=3)
    with pytest.raises(ForestoError, match="paths"):
        lab.report("forward", paths=0)
