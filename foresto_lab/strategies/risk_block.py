"""From the JSON risk block to ``Risk``, with a finding for everything amiss.

Keys may be written ``stopLoss`` or ``stop_loss``; ``stopLossPercent`` (``stop_loss_
percent``) gives the same in percent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from foresto_lab.errors import AmountError, InputError
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.sizing import SIZINGS, Sizing, parse_sizing
from foresto_lab.strategies.wording import shown

_FRACTIONS: Final = ("stop_loss", "take_profit", "trailing_stop")
_PERCENTS: Final = {f"{name}_percent": name for name in _FRACTIONS}
_KEYS: Final = {
    **{name: name for name in (*_FRACTIONS, "time_stop", "leverage", "sizing")},
    **_PERCENTS,
    "position_sizing": "sizing",
    "position_size": "sizing",
}


def snake_case(name: str) -> str:
    """Return ``stopLossPercent`` as ``stop_loss_percent``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def parse_risk_block(given: object, path: str, findings: FindingList) -> Risk:
    """Return the limits that could be read; what could not is a finding."""
    if not isinstance(given, Mapping):
        findings.error(
            "RISK_MALFORMED",
            path,
            f"it is {shown(given)}, and must be a mapping.",
            'Write {"stopLossPercent": 2}.',
        )
        return Risk()
    limits: dict[str, Any] = {}
    for key, value in given.items():
        name = _KEYS.get(snake_case(key)) if isinstance(key, str) else None
        if name is None:
            findings.unknown(
                "RISK_KEY_UNKNOWN",
                path,
                "key of a risk block",
                snake_case(key) if isinstance(key, str) else shown(key),
                _KEYS,
            )
        elif name in limits:
            findings.error(
                "RISK_MALFORMED",
                f"{path}.{key}",
                f"{name} is given twice.",
                "Keep one.",
            )
        elif value is not None:
            limit = _parse_limit(name, key, value, f"{path}.{key}", findings)
            if limit is not None:
                limits[name] = limit
    return Risk(**limits)


def _parse_limit(
    name: str, key: str, value: object, path: str, findings: FindingList
) -> float | int | Sizing | None:
    """Return one limit in the units of ``Risk``; None after a finding."""
    if name == "sizing":
        return _parse_sizing(value, path, findings)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        findings.error(
            "RISK_OUT_OF_RANGE", path, f"it is {shown(value)}, and must be a number."
        )
        return None
    in_percent = snake_case(key) in _PERCENTS
    given = value / 100 if in_percent and abs(value) < 1e300 else value
    limits: dict[str, Any] = {name: given}
    try:
        Risk(**limits)
    except AmountError as error:
        unit = ", as a fraction: 0.02 is 2 %" if name in _FRACTIONS else ""
        findings.error(
            "RISK_OUT_OF_RANGE",
            path,
            f"{name} is {shown(given)}, and must be {error.allowed}{unit}.",
            _percent_hint(name, value) if not in_percent else "",
        )
        return None
    return given


def _percent_hint(name: str, value: float) -> str:
    if name not in _FRACTIONS or not 1 <= value < 100:
        return ""
    return f"For {value:g} % write {value / 100:g}, or {name}_percent: {value:g}."


def _parse_sizing(value: object, path: str, findings: FindingList) -> Sizing | None:
    named = _plain_sizing(value)
    if named is not None:
        try:
            return parse_sizing(named)
        except InputError as error:
            findings.error("RISK_OUT_OF_RANGE", path, str(error))
            return None
    findings.error(
        "RISK_MALFORMED",
        path,
        f"it is {shown(value)}, and must be a sizing's name or a mapping with a type "
        "and numbers.",
        f'Write {{"type": "fraction_of_equity", "fraction": 0.5}}; types: '
        f"{', '.join(SIZINGS)}.",
    )
    return None


def _plain_sizing(value: object) -> dict[str, Any] | None:
    """Return a sizing's JSON in snake case if its values have the right types."""
    given = {"type": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not isinstance(given.get("type"), str):
        return None
    known = {field.name for kind in SIZINGS.values() for field in fields(kind)}
    sizing: dict[str, Any] = {}
    for key, number in given.items():
        if not isinstance(key, str) or isinstance(number, bool):
            return None
        name = snake_case(key)
        if name == "type":
            sizing[name] = snake_case(number[:60])
        elif isinstance(number, float) or (
            isinstance(number, int) and abs(number) < 10**18
        ):
            percent = name == "percent" and name not in known
            sizing["fraction" if percent else name] = (
                number / 100 if percent else number
            )
        else:
            return None
    return sizing
