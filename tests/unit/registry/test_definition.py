from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.registry import (
    RegisteredDefinition,
    changes_between,
    name_key,
    parse_definition,
    parse_name,
    split_reference,
)


def parsed(content: Any = None, **options: Any) -> RegisteredDefinition:
    given = {"buyConditions": []} if content is None else content
    name, version = options.pop("name", "Dip"), options.pop("version", "1.0.0")
    options = {"source": "json", **options}
    return parse_definition("strategy", name, version, given, **options)


def deep(levels: int) -> Any:
    value: Any = {"left": 1}
    for _ in range(levels):
        value = {"all": [value]}
    return value


# --- names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a", "RSI 14", "변동성 돌파", "x.y-z_1", "SMA (20)", "é"]
)
def test_names_of_any_script(name: str) -> None:
    assert parse_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "a" * 65,
            "../x",
            "a/b",
            "a\\b",
            ".x",
            "x.",
            "-x",
            "a@1.0.0",
            "a\0b",
        ),
        *(
            "a\nb",
            "a\u202eb",
            "'; DROP",
            "<b>",
            "con",
            "AUX",
            "nul.txt",
            "com1",
            None,
            7,
        ),
    ],
)
def test_what_cannot_be_a_name_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="cannot name"):
        parse_name(name)


def test_one_name_has_one_key_however_it_is_encoded() -> None:
    composed = unicodedata.normalize("NFC", "변동성")
    taken_apart = unicodedata.normalize("NFD", "변동성")
    assert composed != taken_apart
    assert parse_name(taken_apart) == composed
    assert name_key(taken_apart) == name_key(composed)
    assert name_key("Straße") == name_key("STRASSE")


def test_references() -> None:
    assert split_reference("dip") == ("dip", None)
    assert split_reference("My Dip@1.2.0") == ("My Dip", "1.2.0")
    for wrong in ("@1.0.0", "dip@", "dip@latest", "a@b@1.0.0"):
        with pytest.raises(InputError):
            split_reference(wrong)


# --- content ----------------------------------------------------------------------


def test_the_checksum_is_of_the_canonical_content() -> None:
    # RFC 8785 written out by hand: sorted keys, no spaces, 30.0 as 30
    text = (
        '{"code":null,"content":{"a":30,"b":[1.5,"x"]},"kind":"strategy",'
        '"source":"json"}'
    )
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert parsed({"b": [1.5, "x"], "a": 30.0}).checksum == expected
    assert parsed({"a": 30, "b": (np.float64(1.5), "x")}).checksum == expected
    assert parsed({"a": 30, "b": [1.5, "x"]}, name="Other").checksum == expected
    assert parsed({"a": 31, "b": [1.5, "x"]}).checksum != expected


def test_line_endings_of_code_do_not_count() -> None:
    codes = ["a = 1\nb = 2\n", "a = 1\r\nb = 2\r\n", "a = 1\rb = 2\r"]
    sums = {parsed(source="python", code=code).checksum for code in codes}
    assert len(sums) == 1


def test_what_is_given_can_be_changed_afterwards() -> None:
    given = {"buyConditions": [{"left": "rsi"}]}
    kept = parsed(given)
    given["buyConditions"][0]["left"] = "close"
    assert kept.content == {"buyConditions": [{"left": "rsi"}]}


@pytest.mark.parametrize(
    "content",
    [
        *(None, [], "text", 3, {1: 2}, {"a": float("nan")}, {"a": float("inf")}),
        *({"a": 2**60}, {"a": object()}, {"a": b"x"}, {"a": {1, 2}}, {"a": "\0"}),
        *({"\0": 1}, {"a": "\ud800"}, deep(60), deep(10_000)),
        {"a": [[0] * 1000] * 300},
    ],
)
def test_content_that_cannot_be_kept_is_refused(content: Any) -> None:
    with pytest.raises(InputError):
        parse_definition("strategy", "Dip", "1.0.0", content, source="json")


def test_content_without_an_end_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["all"] = [loop]
    with pytest.raises(InputError, match="nested deeper"):
        parsed(loop)


@pytest.mark.parametrize(
    "code", [None, "", "  \n", 7, "a\0b", "\ud800", "x" * 1_000_001]
)
def test_python_needs_readable_code(code: object) -> None:
    with pytest.raises(InputError):
        parsed(source="python", code=code)


def test_json_has_no_code() -> None:
    with pytest.raises(InputError, match="no code"):
        parsed(code="pass")


def test_unknown_kinds_sources_and_parts() -> None:
    with pytest.raises(UnknownNameError, match="strategy"):
        parse_definition("strategie", "a", "1.0.0", {}, source="json")
    with pytest.raises(UnknownNameError, match="built_in"):
        parsed(source="builtin")
    with pytest.raises(UnknownNameError, match="warm_up"):
        parse_definition("indicator", "a", "1.0.0", {"warmup": 3}, source="talib")


def test_tags_are_sorted_and_each_there_once() -> None:
    assert parsed(tags=["b", " a ", "b"]).tags == ("a", "b")
    assert parsed(tags="one").tags == ("one",)
    for wrong in ["", "\0", "-x", "a" * 65, 3]:
        with pytest.raises(InputError, match="Tag"):
            parsed(tags=[wrong])


# --- changes ----------------------------------------------------------------------


def test_changes_name_their_places() -> None:
    before = parsed(
        {
            "indicators": [{"name": "rsi", "params": {"period": 14}}],
            "buyConditions": [{"left": "rsi", "operator": "<", "right": 30}],
            "risk": {"stop_loss": 0.02},
        },
        tags=["a"],
    )
    after = parsed(
        {
            "buyConditions": [
                {"left": "rsi", "operator": "<", "right": 25.0},
                {"left": "close", "operator": ">", "right": "ema"},
            ],
            "indicators": [{"name": "rsi", "params": {"period": 14.0}}],
            "risk": {},
            "sellConditions": [],
        },
        tags=["b"],
    )
    told = [change.to_dict() for change in changes_between(before, after)]
    assert told == [
        {
            "path": "content.buyConditions[0].right",
            "action": "changed",
            "before": 30,
            "after": 25.0,
        },
        {
            "path": "content.buyConditions[1]",
            "action": "added",
            "after": {"left": "close", "operator": ">", "right": "ema"},
        },
        {"path": "content.risk.stop_loss", "action": "removed", "before": 0.02},
        {"path": "content.sellConditions", "action": "added", "after": []},
        {"path": "tags[0]", "action": "changed", "before": "a", "after": "b"},
    ]
    assert changes_between(before, before) == ()


def test_true_is_not_one() -> None:
    (change,) = changes_between(parsed({"a": True}), parsed({"a": 1}))
    assert (change.before, change.after) == (True, 1)


def test_changes_of_code_are_runs_of_lines() -> None:
    before = parsed(source="python", code="a\nb\nc\nd\n")
    after = parsed(source="python", code="a\nB\nC\nd\ne\n")
    told = [change.to_dict() for change in changes_between(before, after)]
    assert told == [
        {"path": "code[2]", "action": "changed", "before": "b\nc", "after": "B\nC"},
        {"path": "code[5]", "action": "added", "after": "e"},
    ]
