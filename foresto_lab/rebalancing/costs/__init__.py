"""What a portfolio costs: trading, taxes and fees, each a small object."""

from foresto_lab.rebalancing.costs.account_costs import (
    COST_PARTS,
    AccountCosts,
    GainsMethod,
)
from foresto_lab.rebalancing.costs.proportional import (
    DEFAULT_COST_RATE,
    ProportionalCost,
    parse_cost_rate,
)
from foresto_lab.rebalancing.costs.span_facts import SpanFacts

__all__ = [
    "COST_PARTS",
    "DEFAULT_COST_RATE",
    "AccountCosts",
    "GainsMethod",
    "ProportionalCost",
    "SpanFacts",
    "parse_cost_rate",
]
