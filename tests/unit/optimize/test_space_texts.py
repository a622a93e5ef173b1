"""Spaces written as texts: what each form means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import FloatRange, IntRange
from foresto_lab.optimize.spaces.space_texts import read_space


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("a=5:50:5", IntRange(5, 50, 5)),
        ("a=5:50", IntRange(5, 50)),
        ("a = 1:1000:log ", IntRange(1, 1000, log=True)),
        ("a=0.5:2.5:0.5", FloatRange(0.5, 2.5, 0.5)),
        ("a=0.5:2", FloatRange(0.5, 2.0)),
        ("a=0.001:1:log", FloatRange(0.001, 1.0, log=True)),
        ("a=reverse,follow", Choice(("reverse", "follow"))),
        ("a=true,false", Choice((True, False))),
        ("a=10,20,null", Choice((10, 20, None))),
        ("a=7", Choice((7,))),
    ],
)
def test_a_parameter_is_written_in_a_word(text: str, domain: Any) -> None:
    assert read_space([text]) == {"a": domain}
    assert read_space(text) == {"a": domain}
    assert read_space({"a": text.partition("=")[2]}) == {"a": domain}


def test_json_writes_choices_as_lists_and_ranges_as_objects() -> None:
    text = (
        '{"entry_option": ["reverse", "follow"], "fast_period": "5:20:5", '
        '"stop": {"kind": "float", "low": 0.5, "high": 2.0, "step": 0.5}}'
    )
    assert read_space(text) == {
        "entry_option": Choice(("reverse", "follow")),
        "fast_period": IntRange(5, 20, 5),
        "stop": FloatRange(0.5, 2.0, 0.5),
    }


def test_a_path_into_json_is_a_name() -> None:
    name = "indicators[0].params.timeperiod"
    assert read_space([f"{name}=5:20"]) == {name: IntRange(5, 20)}


@pytest.mark.parametrize(
    "given",
    [
        "a",
        "a=",
        "=5:9",
        "a=1:2:3:4",
        "a=x:y",
        "a=9:5",
        "a=1:5:0",
        ["a=1", "a=2"],
        "{x}",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_forms(given: Any) -> None:
    with pytest.raises(SpaceError, match=r"\w{3}"):
        read_space(given)
