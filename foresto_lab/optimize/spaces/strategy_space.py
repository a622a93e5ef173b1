"""The space that a strategy describes itself: its parameters and their limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import Domain, FloatRange, IntRange
from foresto_lab.optimize.spaces.json_paths import leaves_of


def domains_of(strategy: Any, names: Iterable[str] | None = None) -> dict[str, Domain]:
    """Return what the parameters of a strategy may be, by its own limits.

    A Python strategy's limits are those of its ``Config``; whole numbers go by 1,
    others have no step. The JSON of a strategy states no limits: each number in it may
    be between half and twice what is written.

    Parameters
    ----------
    strategy : TradingStrategy, its class, or a JSON strategy
    names : iterable of str, optional
        By default each parameter that has limits.

    Raises
    ------
    UnknownNameError
        It has no such parameter.
    SpaceError
        A parameter named has no limits.
    """
    config = getattr(strategy, "Config", None)
    if config is not None:
        known = dict(_described(config.model_json_schema()))
    else:
        known = dict(_around(strategy.to_dict()))
    if names is None:
        return {name: domain for name, domain in known.items() if domain is not None}
    return {name: _require_limits(name, known) for name in names}


def _require_limits(name: str, known: Mapping[str, Domain | None]) -> Domain:
    if name not in known:
        raise UnknownNameError(kind="parameter", given=name, allowed=tuple(known))
    domain = known[name]
    if domain is None:
        raise SpaceError(
            parameter=name,
            message=f"{name} has no limits of its own; give it some, as in "
            f'{{"{name}": fl.IntRange(low, high)}}.',
        )
    return domain


def _described(schema: Mapping[str, Any]) -> Iterator[tuple[str, Domain | None]]:
    shared = schema.get("$defs", {})
    for name, given in schema.get("properties", {}).items():
        kinds = [kind for kind in given.get("anyOf", [given]) if kind != _NULL]
        kind = kinds[0] if len(kinds) == 1 else {}
        if "$ref" in kind:
            kind = shared.get(kind["$ref"].rsplit("/", 1)[-1], {})
        yield name, _of_schema(kind)


_NULL = {"type": "null"}


def _of_schema(given: Mapping[str, Any]) -> Domain | None:
    if "enum" in given:
        return Choice(tuple(given["enum"]))
    kind = given.get("type")
    if kind == "boolean":
        return Choice((False, True))
    low = given.get("minimum", given.get("exclusiveMinimum"))
    high = given.get("maximum", given.get("exclusiveMaximum"))
    if kind not in ("integer", "number") or low is None or high is None:
        return None
    is_whole = kind == "integer"
    margin = 1 if is_whole else (high - low) / 1_000
    if "exclusiveMinimum" in given:
        low += margin
    if "exclusiveMaximum" in given:
        high -= margin
    return IntRange(low, high) if is_whole else FloatRange(low, high)


def _around(written: Mapping[str, Any]) -> Iterator[tuple[str, Domain | None]]:
    for path, value in leaves_of(written):
        if isinstance(value, bool):
            yield path, Choice((False, True))
        elif isinstance(value, int | float):
            yield path, _half_to_double(value)


def _half_to_double(value: float) -> Domain | None:
    if value == 0:
        return None
    low, high = sorted((value / 2, value * 2))
    if isinstance(value, int):
        return IntRange(max(round(low), 1) if value > 0 else round(low), round(high))
    return FloatRange(low, high)
