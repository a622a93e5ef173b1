"""What a portfolio costs: trading, taxes and fees, each a small object."""

from foresto_lab.rebalancing.costs.account_costs import (
    COST_PARTS,
    AccountCosts,
    GainsMethod,
)
from foresto_lab.rebalancing.costs.fees import ManagementFee
from foresto_lab.rebalancing.costs.impact import MarketImpact
from foresto_lab.rebalancing.costs.korean_transaction_tax import (
    KOREAN_TRANSACTION_TAX,
)
from foresto_lab.rebalancing.costs.model import PART_KINDS, CostModel, parse_costs
from foresto_lab.rebalancing.costs.part import CostPart
from foresto_lab.rebalancing.costs.presets import (
    COST_PRESETS,
    CostPreset,
    cost_preset,
    korean_costs,
    us_costs_from_korea,
)
from foresto_lab.rebalancing.costs.proportional import (
    DEFAULT_COST_RATE,
    ProportionalCost,
    parse_cost_rate,
)
from foresto_lab.rebalancing.costs.span_facts import SpanFacts
from foresto_lab.rebalancing.costs.tax_table import TaxRow, TaxTable
from foresto_lab.rebalancing.costs.taxes import (
    CapitalGainsTax,
    DistributionTax,
    TransactionTax,
)
from foresto_lab.rebalancing.costs.trading import (
    Commission,
    CurrencyConversion,
    HalfSpread,
)

__all__ = [
    "COST_PARTS",
    "COST_PRESETS",
    "DEFAULT_COST_RATE",
    "KOREAN_TRANSACTION_TAX",
    "PART_KINDS",
    "AccountCosts",
    "CapitalGainsTax",
    "Commission",
    "CostModel",
    "CostPart",
    "CostPreset",
    "CurrencyConversion",
    "DistributionTax",
    "GainsMethod",
    "HalfSpread",
    "ManagementFee",
    "MarketImpact",
    "ProportionalCost",
    "SpanFacts",
    "TaxRow",
    "TaxTable",
    "TransactionTax",
    "cost_preset",
    "korean_costs",
    "parse_cost_rate",
    "parse_costs",
    "us_costs_from_korea",
]
