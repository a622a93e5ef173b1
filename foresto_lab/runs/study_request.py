"""What a study was asked: a portfolio as for a simulation, and the rules to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.rebalancing import ProportionalCost, parse_cost_rate, parse_rule
from foresto_lab.runs.request import SimulationRequest

if TYPE_CHECKING:
    from foresto_lab.rebalancing import RebalancingRule


class StudyKind(StrEnum):
    """Which question a study asks."""

    REBALANCING = "rebalancing"
    TIMING_LUCK = "timing_luck"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """Everything that decides the numbers of a study, but for data and versions.

    Parameters
    ----------
    study : StudyKind
    simulation : SimulationRequest
        The portfolio; its own rule is None.
    rules : mapping of name to mapping
        The rules as their ``to_dict`` gives them; None is no rebalancing.
    base_days : int or "all", optional
        Of a study of timing luck.
    """

    study: StudyKind
    simulation: SimulationRequest
    rules: Mapping[str, Mapping[str, Any] | None]
    base_days: int | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "study", StudyKind(self.study))
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))

    @property
    def parsed_rules(self) -> dict[str, RebalancingRule | None]:
        """The rules themselves, by name."""
        return {
            name: None if rule is None else parse_rule(rule)
            for name, rule in self.rules.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values."""
        simulation = self.simulation.to_dict()
        simulation.pop("rebalancing")
        return {
            "study": str(self.study),
            **simulation,
            "rules": {
                name: None if rule is None else dict(rule)
                for name, rule in self.rules.items()
            },
            "base_days": self.base_days,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the request that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no request has: it was written by a newer version.
        InputError
            A field is missing.
        """
        values = dict(given)
        try:
            study, rules = values.pop("study"), values.pop("rules")
        except KeyError as missing:
            raise InputError(
                message=f"The request of a study has no {missing}; it is another's."
            ) from None
        return cls(
            study=study,
            rules=rules,
            base_days=values.pop("base_days", None),
            simulation=SimulationRequest.from_dict(values),
        )


def named_rules(
    given: Any,
    default: Mapping[str, RebalancingRule | None],
    stored: Callable[[str], RebalancingRule],
) -> Any:
    """Return rules with what is named or plain put in its place.

    Parameters
    ----------
    given : mapping, sequence, rule or name
        A name is one of the defaults', or that of a stored rule.
    stored : callable
        Gives the stored rule of a name, or raises UnknownNameError.
    """

    def resolve(rule: Any) -> Any:
        if isinstance(rule, str) and rule not in default:
            return _stored_rule(rule, default, stored)
        if isinstance(rule, Mapping) and "type" in rule:
            return parse_rule(rule)
        return rule

    if given is None or isinstance(given, str):
        return {given: resolve(given)} if isinstance(given, str) else None
    if isinstance(given, Mapping) and "type" not in given:
        return {str(name): resolve(rule) for name, rule in given.items()}
    if isinstance(given, (list, tuple)):
        names = [rule for rule in given if isinstance(rule, str)]
        if len(names) == len(given) == len(set(names)) and names:
            return {name: resolve(name) for name in names}
        return [resolve(rule) for rule in given]
    return resolve(given)


def _stored_rule(
    name: str,
    default: Mapping[str, RebalancingRule | None],
    stored: Callable[[str], RebalancingRule],
) -> RebalancingRule | None:
    if name == "none":
        return None
    try:
        return stored(name)
    except UnknownNameError as error:
        raise UnknownNameError(
            kind="rule", given=name, allowed=(*default, *error.allowed)
        ) from None


def at_cost(
    rules: Mapping[str, RebalancingRule | None], costs: Any
) -> tuple[dict[str, RebalancingRule | None], Any]:
    """Return the rules with a plain rate of cost put in, and what else costs are."""
    if not isinstance(costs, (Real, ProportionalCost)):
        return dict(rules), costs
    given = costs.rate if isinstance(costs, ProportionalCost) else costs
    rate = parse_cost_rate(given, "costs")
    changed = {
        name: None if rule is None else replace(rule, cost_rate=rate)
        for name, rule in rules.items()
    }
    return changed, None
