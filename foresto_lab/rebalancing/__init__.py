"""Rebalancing: rules, what their trades cost, and their schedules on given sessions."""

from foresto_lab.rebalancing.costs import (
    DEFAULT_COST_RATE,
    ProportionalCost,
    parse_cost_rate,
)
from foresto_lab.rebalancing.rules import (
    RULES,
    Drift,
    Hybrid,
    Periodic,
    RebalancingRule,
    TradeTo,
    parse_rule,
)
from foresto_lab.rebalancing.schedule import Decision, Schedule, no_schedule

__all__ = [
    "DEFAULT_COST_RATE",
    "RULES",
    "Decision",
    "Drift",
    "Hybrid",
    "Periodic",
    "ProportionalCost",
    "RebalancingRule",
    "Schedule",
    "TradeTo",
    "no_schedule",
    "parse_cost_rate",
    "parse_rule",
]
