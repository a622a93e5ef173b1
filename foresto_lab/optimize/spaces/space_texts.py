"""Spaces as a command line writes them: ``fast_period=5:50:5``, ``entry=a,b``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import Domain, FloatRange, IntRange
from foresto_lab.optimize.spaces.space_parsing import parse_domain

_FORMS = "Write NAME=LOW:HIGH, NAME=LOW:HIGH:STEP, NAME=LOW:HIGH:log or NAME=A,B,C."


def read_space(given: str | Iterable[str] | Mapping[str, Any]) -> dict[str, Domain]:
    """Return a space from texts, from the text of a JSON object, or from a mapping.

    Parameters
    ----------
    given : str, iterable of str, or mapping
        ``fast_period=5:50:5`` is every fifth whole number from 5 to 50, a range with a
        decimal point one of floats, ``:log`` draws small numbers as often as large
        ones, ``entry_option=reverse,follow`` is a choice. In JSON, and in a mapping
        from JSON, a list is a choice, an object one that ``to_dict`` of a range or
        choice writes, and a text is read as after the ``=``.

    Raises
    ------
    SpaceError
        A text cannot be read, or a parameter stands twice.
    """
    if isinstance(given, str):
        if given.lstrip().startswith("{"):
            return read_space(_parse_json(given))
        given = [given]
    if isinstance(given, Mapping):
        return {str(name): _domain_of(str(name), one) for name, one in given.items()}
    space: dict[str, Domain] = {}
    for text in given:
        name, domain = _read_parameter(text)
        if name in space:
            raise SpaceError(
                message=f"{name} stands twice in the space; name it once.",
                parameter=name,
            )
        space[name] = domain
    return space


def _read_parameter(text: str) -> tuple[str, Domain]:
    name, equals, values = text.partition("=")
    name = name.strip()
    if not equals or not name or not values.strip():
        raise SpaceError(message=f"{text!r} names no parameter's values. {_FORMS}")
    return name, _read_domain(name, values.strip())


def _read_domain(name: str, text: str) -> Domain:
    """Return what stands after the equals sign."""
    parts = [part.strip() for part in text.split(":")]
    log = len(parts) > 2 and parts[-1].lower() == "log"
    numbers = [_value(part) for part in (parts[:-1] if log else parts)]
    if len(parts) == 1:
        return Choice(tuple(_value(part.strip()) for part in text.split(",")))
    wrong = [
        n for n in numbers if isinstance(n, bool) or not isinstance(n, int | float)
    ]
    if wrong or len(numbers) not in (2, 3):
        raise SpaceError(
            message=f"{name}: {text!r} is no range of numbers. {_FORMS}", parameter=name
        )
    try:
        if all(isinstance(number, int) for number in numbers):
            whole: list[int] = numbers
            step = whole[2] if len(whole) == 3 else 1
            return IntRange(whole[0], whole[1], step, log)
        low, high, *steps = map(float, numbers)
        return FloatRange(low, high, steps[0] if steps else None, log)
    except SpaceError as error:
        raise SpaceError(message=f"{name}: {error}", parameter=name) from None


def _domain_of(name: str, given: Any) -> Domain:
    if isinstance(given, str):
        return _read_domain(name, given)
    try:
        return parse_domain(given)
    except SpaceError as error:
        raise SpaceError(message=f"{name}: {error}", parameter=name) from None


def _value(text: str) -> Any:
    """Return a number, truth value or null where a text is one; else the text."""
    try:
        value = json.loads(text.lower())
    except ValueError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text


def _parse_json(text: str) -> Mapping[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise SpaceError(
            message=f"The space cannot be read as JSON: {error}. {_FORMS}"
        ) from None
    parameters: Mapping[str, Any] = read
    return parameters
