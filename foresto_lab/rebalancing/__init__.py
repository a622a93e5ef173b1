"""Rebalancing: rules, what their trades cost, and their schedules on given sessions."""

from foresto_lab.rebalancing.cashflows import (
    AccountFlows,
    CashFlow,
    Contribution,
    FlowPlan,
    ListedFlows,
    Withdrawal,
    no_flows,
    parse_cashflows,
)
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
    "AccountFlows",
    "CashFlow",
    "Contribution",
    "Decision",
    "Drift",
    "FlowPlan",
    "Hybrid",
    "ListedFlows",
    "Periodic",
    "ProportionalCost",
    "RebalancingRule",
    "Schedule",
    "TradeTo",
    "Withdrawal",
    "no_flows",
    "no_schedule",
    "parse_cashflows",
    "parse_cost_rate",
    "parse_rule",
]
