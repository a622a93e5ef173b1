"""Cash flows: contributions and withdrawals, scheduled or listed.

A flow is a frozen value; ``FlowPlan`` composes them and puts them on given sessions, as
the engine takes them.
"""

from foresto_lab.rebalancing.cashflows.account_flows import AccountFlows, no_flows
from foresto_lab.rebalancing.cashflows.growth import ConsumerPrices, Growth
from foresto_lab.rebalancing.cashflows.listed import ListedFlows
from foresto_lab.rebalancing.cashflows.plan import (
    CashFlow,
    FlowPlan,
    parse_cashflows,
)
from foresto_lab.rebalancing.cashflows.scheduled import Contribution, Withdrawal
from foresto_lab.rebalancing.cashflows.text import FLOW_GRAMMAR, parse_flow_text

__all__ = [
    "FLOW_GRAMMAR",
    "AccountFlows",
    "CashFlow",
    "ConsumerPrices",
    "Contribution",
    "FlowPlan",
    "Growth",
    "ListedFlows",
    "Withdrawal",
    "no_flows",
    "parse_cashflows",
    "parse_flow_text",
]
