"""The rules that a study sets side by side, by name; none of them is the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from foresto_lab.errors import InputError, RuleError, UnknownNameError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.scenarios.simulation import parse_rebalancing
from foresto_lab.scenarios.weights import SUM_TOLERANCE
from foresto_lab.types import Frequency

NamedRules: TypeAlias = Mapping[str, RebalancingRule | None]

NO_REBALANCING: Final = "none"
STUDY_RULES: Final[NamedRules] = MappingProxyType(
    {
        NO_REBALANCING: None,
        "monthly": Periodic(Frequency.MONTHLY),
        "quarterly": Periodic(Frequency.QUARTERLY),
        "annual": Periodic(Frequency.ANNUAL),
        "drift": Drift(0.05),
        "hybrid": Hybrid(Periodic(Frequency.MONTHLY), Drift(0.05)),
    }
)
"""What a rebalancing study compares where nothing else is asked for."""
TIMING_RULES: Final[NamedRules] = MappingProxyType(
    {
        "weekly": Periodic(Frequency.WEEKLY),
        "monthly": Periodic(Frequency.MONTHLY),
        "quarterly": Periodic(Frequency.QUARTERLY),
        "semiannual": Periodic(Frequency.SEMIANNUAL),
        "annual": Periodic(Frequency.ANNUAL),
        "hybrid": Hybrid(Periodic(Frequency.MONTHLY), Drift(0.05)),
    }
)
"""What a study of timing luck compares: rules that have a base day."""


def parse_study_rules(given: Any, default: NamedRules) -> dict[str, Any]:
    """Return the rules by name, in the order given.

    Parameters
    ----------
    given : mapping of name to rule, sequence of rules or names, or one of them
        A name is one of the defaults'; None among them is no rebalancing. A rule that
        is not named is called by its label.

    Raises
    ------
    RuleError
        There is none, two have the same name, or one is no rule.
    UnknownNameError
        A name is none of the defaults'.
    """
    if given is None:
        return dict(default)
    if isinstance(given, Mapping):
        pairs = [(str(name), _resolve(rule, default)) for name, rule in given.items()]
    else:
        alone = isinstance(given, str) or not isinstance(given, Iterable)
        listed = [given] if alone else list(given)
        pairs = [(_name(rule), _resolve(rule, default)) for rule in listed]
    if not pairs:
        raise RuleError(
            message="rules is empty. Give at least one, such as "
            '{"monthly": fl.Periodic("MONTHLY")}, or leave it out for '
            f"{', '.join(default)}."
        )
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RuleError(
            message=f"Two rules are called {twice}. Name them with a mapping: "
            "{'cheap': rule, 'dear': rule}."
        )
    return named


def with_baseline(rules: NamedRules) -> tuple[dict[str, Any], str]:
    """Return the rules, no rebalancing first, and what that is called.

    Raises
    ------
    RuleError
        No rebalancing is all there is, or a rule bears its name.
    """
    held = [name for name, rule in rules.items() if rule is None]
    if len(held) == len(rules):
        raise RuleError(
            message="The only rule is no rebalancing, which is what the others are "
            'compared with. Give one that trades, such as fl.Periodic("MONTHLY").'
        )
    if not held and NO_REBALANCING in rules:
        raise RuleError(
            message=f"A rule that trades is called {NO_REBALANCING!r}, which is what "
            "no rebalancing is called. Give it another name."
        )
    if len(held) > 1:
        raise RuleError(
            message=f"{' and '.join(held)} are both no rebalancing. Give it once."
        )
    baseline = held[0] if held else NO_REBALANCING
    others = {name: rule for name, rule in rules.items() if rule is not None}
    return {baseline: None, **others}, baseline


def plain_weights(given: Any) -> Any:
    """Return the weights of a portfolio whose weights are fixed; others as they are."""
    if is_fixed(given) or getattr(given, "is_computed", False):
        return given
    weights = getattr(given, "weights", None)
    return weights if is_fixed(weights) else given


def is_fixed(weights: Any) -> bool:
    """Return whether weights stay as they are: no schedule, nothing computed."""
    return isinstance(weights, Mapping)


def require_two_holdings(weights: Any) -> None:
    """Raise where all the weight is in one asset: there is nothing to rebalance.

    Only fixed weights are looked at; what changes over time may hold any number.
    """
    given = plain_weights(weights)
    if not is_fixed(given):
        return
    held = [asset for asset, weight in given.items() if weight]
    whole = len(held) == 1 and isinstance(given[held[0]], Real)
    if whole and float(given[held[0]]) >= 1.0 - SUM_TOLERANCE:
        raise InputError(
            message=f"{held[0]} is all that is held, so there is nothing to rebalance "
            "it against. Give a second asset, or a weight below 1: the rest is cash."
        )


def _name(rule: Any) -> str:
    if rule is None:
        return NO_REBALANCING
    return rule if isinstance(rule, str) else str(getattr(rule, "label", rule))


def _resolve(rule: Any, default: NamedRules) -> RebalancingRule | None:
    if not isinstance(rule, str):
        return parse_rebalancing(rule)
    if rule == NO_REBALANCING:
        return None
    if rule in default:
        return default[rule]
    raise UnknownNameError(kind="rule", given=rule, allowed=tuple(default))
