"""One portfolio under several rules: what a comparison report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError
from foresto_lab.figures.series import named_results

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.scenarios import Scenario, SimulationResult


def simulate_rules(
    lab: Lab,
    portfolio: str | Scenario | Mapping[str, float],
    rules: Sequence[RebalancingRule | Mapping[str, Any] | str | None],
    *,
    language: str = "ko",
    **options: Any,
) -> dict[str, SimulationResult]:
    """Simulate a portfolio under each rule; return the results by the rule in words.

    Parameters
    ----------
    rules : sequence
        Rules, mappings of rules, or names of stored ones; None is buy and hold.
    **options
        As :meth:`foresto_lab.lab.Lab.simulate` takes them.
    """
    if not rules:
        raise InputError(message="A comparison needs one rule or more; none was given.")
    results = [lab.simulate(portfolio, rebalancing=rule, **options) for rule in rules]
    named: dict[str, Any] = named_results(results, language)
    return named
