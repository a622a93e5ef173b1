"""Checks of a planned scenario simulation, one per file.

A new check is one new file, one line in ``PORTFOLIO_CHECKS`` and one test file.
"""

from foresto_lab.preflight.portfolio.end_not_reached import EndNotReached
from foresto_lab.preflight.portfolio.exchange_rate_not_loaded import (
    ExchangeRateNotLoaded,
)
from foresto_lab.preflight.portfolio.inputs import PortfolioCheck, PortfolioInputs
from foresto_lab.preflight.portfolio.instrument_not_loaded import InstrumentNotLoaded
from foresto_lab.preflight.portfolio.no_prices_in_span import NoPricesInSpan
from foresto_lab.preflight.portfolio.price_table import PriceTableRefused
from foresto_lab.preflight.portfolio.rule_never_due import RuleNeverDue
from foresto_lab.preflight.portfolio.short_history import ShortHistory
from foresto_lab.preflight.portfolio.simulated_prices import SimulatedPrices
from foresto_lab.preflight.report import PreflightReport

PORTFOLIO_CHECKS: dict[str, type[PortfolioCheck]] = {
    "INSTRUMENT_NOT_LOADED": InstrumentNotLoaded,
    "EXCHANGE_RATE_NOT_LOADED": ExchangeRateNotLoaded,
    "NO_PRICES_IN_SPAN": NoPricesInSpan,
    "PRICE_TABLE_REFUSED": PriceTableRefused,
    "END_NOT_REACHED": EndNotReached,
    "RULE_NEVER_DUE": RuleNeverDue,
    "SHORT_HISTORY": ShortHistory,
    "SIMULATED_PRICES": SimulatedPrices,
}


def check_portfolio(inputs: PortfolioInputs) -> PreflightReport:
    """Run every portfolio check and return what they found, the gravest first."""
    findings = [
        finding
        for check in PORTFOLIO_CHECKS.values()
        for finding in check().check(inputs)
    ]
    return PreflightReport.of(inputs.subject, findings)


__all__ = [
    "PORTFOLIO_CHECKS",
    "PortfolioCheck",
    "PortfolioInputs",
    "check_portfolio",
]
