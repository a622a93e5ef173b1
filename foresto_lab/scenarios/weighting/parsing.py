"""Weightings by what ``to_dict`` calls them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.scenarios.weighting.equal import EqualWeight
from foresto_lab.scenarios.weighting.hierarchical import HierarchicalRiskParity
from foresto_lab.scenarios.weighting.inverse_volatility import InverseVolatility
from foresto_lab.scenarios.weighting.maximum_diversification import (
    MaximumDiversification,
)
from foresto_lab.scenarios.weighting.minimum_variance import MinimumVariance
from foresto_lab.scenarios.weighting.risk_parity import RiskParity
from foresto_lab.scenarios.weighting.weighting import TYPE_FIELD, Weighting

WEIGHTINGS: Final[Mapping[str, type[Weighting]]] = MappingProxyType(
    {
        kind.type: kind
        for kind in (
            EqualWeight,
            InverseVolatility,
            MinimumVariance,
            RiskParity,
            MaximumDiversification,
            HierarchicalRiskParity,
        )
    }
)
"""Every weighting by its type."""


def parse_weighting(given: Weighting | Mapping[str, Any] | str) -> Weighting:
    """Return the weighting that is given as itself, its ``to_dict``, or its type.

    Raises
    ------
    UnknownNameError
        There is no such type, or no such field of it.
    InputError
        It is none of these, or a number lies outside its range.
    """
    if isinstance(given, Weighting):
        return given
    fields = {TYPE_FIELD: given} if isinstance(given, str) else given
    if not isinstance(fields, Mapping):
        raise InputError(
            message=f"A weighting is one such as fl.RiskParity(), its to_dict(), or "
            f"its type such as 'RISK_PARITY'; given {type(given).__name__}."
        )
    name = fields.get(TYPE_FIELD)
    kind = WEIGHTINGS.get(str(name).upper())
    if kind is None:
        raise UnknownNameError(kind="weighting", given=name, allowed=tuple(WEIGHTINGS))
    return kind.from_dict(fields)
