"""Parameters are read from a template's cell and hold what is given to their types."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from foresto_lab.errors import ReportParameterError, TemplateError
from foresto_lab.reports.parameters import (
    Parameter,
    parse_parameters,
    read_parameters,
    require_parameters,
)

CELL = """
scenario: str | dict[str, float] = "MIN_VOL"  # a scenario, or weights
start: date | None = "2015-01-02"  # first session
initial_amount: float = 1_000_000
rules: list[str | None] = ["MONTHLY", None]
rebalancing: str | dict[str, Any] | None = None
count: int = 3
fast: bool = True
language: Literal["ko", "en"] = "ko"
symbol: str
"""


@pytest.fixture(scope="module")
def declared() -> tuple[Parameter, ...]:
    return parse_parameters("demo", CELL)


def test_a_cell_declares_names_defaults_and_descriptions(
    declared: tuple[Parameter, ...],
) -> None:
    by_name = {parameter.name: parameter for parameter in declared}
    assert by_name["scenario"].default == "MIN_VOL"
    assert by_name["scenario"].description == "a scenario, or weights"
    assert by_name["initial_amount"].default == 1_000_000.0
    assert by_name["rules"].default == ["MONTHLY", None]
    assert by_name["symbol"].required
    assert not by_name["rebalancing"].required


@pytest.mark.parametrize(
    "cell",
    [
        "a = 1",
        "import os",
        "a: int = int('3')",
        "a: int = 'three'",
        "a: Path = 'x'",
        "a: int = ",
        "a: int = 1\nprint(a)",
    ],
)
def test_only_typed_literals_may_stand_in_the_cell(cell: str) -> None:
    with pytest.raises(TemplateError):
        parse_parameters("demo", cell)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("scenario", "GROWTH", "GROWTH"),
        ("scenario", "{equity: 0.6, bond: 0.4}", {"equity": 0.6, "bond": 0.4}),
        ("start", "2020-02-29", "2020-02-29"),
        ("start", "null", None),
        ("initial_amount", "5_000_000", 5_000_000.0),
        ("initial_amount", "1e6", 1_000_000.0),
        ("rules", "[MONTHLY, null, DRIFT_5]", ["MONTHLY", None, "DRIFT_5"]),
        ("rules", "[000660, 005930]", ["000660", "005930"]),
        ("rules", "000660", ["000660"]),
        ("rules", "MONTHLY, null,DRIFT_5", ["MONTHLY", None, "DRIFT_5"]),
        (
            "rebalancing",
            "{type: DRIFT, threshold: 0.05}",
            {"type": "DRIFT", "threshold": 0.05},
        ),
        ("count", "7", 7),
        ("fast", "false", False),
        ("language", "en", "en"),
        ("symbol", "005930", "005930"),
        ("symbol", '"quoted"', "quoted"),
        ("symbol", "null", "null"),
        ("symbol", "a: b {{ c }} <script>", "a: b {{ c }} <script>"),
        ("symbol", "line\nbreak 'and' \"quotes\"", "line\nbreak 'and' \"quotes\""),
    ],
)
def test_texts_are_read_as_the_declared_type(
    declared: tuple[Parameter, ...], name: str, text: str, value: Any
) -> None:
    read = read_parameters("demo", declared, {name: text})[name]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("start", "2015-02-30"),
        ("start", "20150102"),
        ("initial_amount", "1,000,000"),
        ("initial_amount", "inf"),
        ("initial_amount", "nan"),
        ("rules", " "),
        ("rules", "[a"),
        ("count", "1.5"),
        ("fast", "1"),
        ("language", "fr"),
    ],
)
def test_a_text_of_another_type_is_refused_by_name(
    declared: tuple[Parameter, ...], name: str, text: str
) -> None:
    with pytest.raises(ReportParameterError, match=name):
        read_parameters("demo", declared, {name: text})


def test_an_unknown_name_is_answered_with_the_near_one(
    declared: tuple[Parameter, ...],
) -> None:
    with pytest.raises(ReportParameterError, match="Did you mean scenario"):
        read_parameters("demo", declared, {"scenaro": "GROWTH"})
    with pytest.raises(ReportParameterError, match="Did you mean scenario"):
        require_parameters("demo", declared, {"scenaro": "GROWTH", "symbol": "x"})


def test_a_missing_parameter_is_an_error(declared: tuple[Parameter, ...]) -> None:
    with pytest.raises(ReportParameterError, match="symbol"):
        require_parameters("demo", declared, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", True),
        ("count", 1.0),
        ("fast", 1),
        ("symbol", 5930),
        ("initial_amount", "1000"),
        ("rules", " "),
        ("language", "fr"),
        ("scenario", None),
    ],
)
def test_a_value_of_another_type_is_refused(
    declared: tuple[Parameter, ...], name: str, value: Any
) -> None:
    with pytest.raises(ReportParameterError, match=name):
        require_parameters("demo", declared, {"symbol": "x", name: value})


def test_plain_values_stand_for_their_kin(declared: tuple[Parameter, ...]) -> None:
    given = {
        "symbol": "x",
        "start": date(2020, 1, 2),
        "initial_amount": 5,
        "rules": ("MONTHLY",),
    }
    values = require_parameters("demo", declared, given)
    assert values["start"] == "2020-01-02"
    assert values["initial_amount"] == 5.0
    assert values["rules"] == ["MONTHLY"]
    assert (
        require_parameters("demo", declared, {"symbol": "x", "start": ""})["start"]
        is None
    )
