from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresto_lab.errors import DefinitionFileError, ForestoError
from foresto_lab.registry import RegisteredDefinition, parse_definition
from foresto_lab.registry.text import (
    definitions_from_text,
    definitions_to_text,
)


def version(number: str, **more: Any) -> RegisteredDefinition:
    content = more.pop("content", {"sellConditions": [], "buyConditions": []})
    options = {"source": "json", **more}
    return parse_definition("strategy", "딥 Dip", number, content, **options)


def test_the_text_is_what_one_would_write() -> None:
    text = definitions_to_text([version("1.10.0", tags=["b", "a"]), version("1.2.0")])
    assert text.startswith('{\n  "kind": "strategy",\n  "name": "딥 Dip",\n')
    assert text.endswith("}\n")
    told = json.loads(text)
    assert [item["version"] for item in told["versions"]] == ["1.2.0", "1.10.0"]
    assert told["versions"][1]["tags"] == ["a", "b"]
    assert list(told["versions"][0]["content"]) == ["sellConditions", "buyConditions"]
    assert "registered_at" not in text


def test_code_is_a_list_of_lines() -> None:
    code = "def f():\n\treturn 'é'\n"
    text = definitions_to_text([version("1.0.0", source="python", code=code)])
    assert json.loads(text)["versions"][0]["code"] == ["def f():", "\treturn 'é'", ""]
    (back,) = definitions_from_text(text, "x.json")
    assert back.code == code


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(
    -(2**53) + 1, 2**53 - 1
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
values = st.recursive(
    numbers | texts | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(texts, values, max_size=4),
    st.dictionaries(texts, values, max_size=3),
)
def test_any_content_comes_back_byte_for_byte(
    content: dict[str, Any], metadata: dict[str, Any]
) -> None:
    text = definitions_to_text([version("1.0.0", content=content, metadata=metadata)])
    (back,) = definitions_from_text(text, "x.json")
    assert back.content == content
    assert definitions_to_text([back]) == text


@given(st.text(max_size=60) | values.map(json.dumps))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    with pytest.raises(DefinitionFileError, match=r"^x\.json: "):
        definitions_from_text(text, "x.json")


def edited(**changes: Any) -> str:
    document = json.loads(definitions_to_text([version("1.0.0")]))
    document["versions"][0].update(changes)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (edited(content={"buyConditions": [1]}), "edited"),
        (edited(version="1"), "semantic version"),
        (edited(version=None), "semantic version"),
        (edited(source="perl"), "perl"),
        (edited(code=["import os"]), "no code"),
        (edited(is_active="yes"), "neither true nor false"),
        (edited(tags=[1]), "Tag"),
        (edited(metadata=[]), "metadata"),
        (edited(surprise=1), "surprise"),
        ('{"kind": "strategy", "name": "a", "versions": {}}', "a list"),
        ('{"kind": "scenario", "name": "a", "versions": []}', "kind"),
        ('{"kind": "strategy", "kind": "strategy"}', "twice"),
        ('{"kind": NaN}', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ("[]", "list"),
        ("{", "line 1, column 2"),
    ],
)
def test_what_is_wrong_is_told(text: str, reason: str) -> None:
    with pytest.raises(DefinitionFileError, match=reason):
        definitions_from_text(text, "x.json")


def test_a_version_is_there_once() -> None:
    document = json.loads(definitions_to_text([version("1.0.0")]))
    document["versions"] *= 2
    with pytest.raises(ForestoError, match="twice"):
        definitions_from_text(json.dumps(document), "x.json")
