"""Costs by name: what a private investor in Korea pays, as data with its sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from foresto_lab.errors import UnknownNameError
from foresto_lab.rebalancing.costs.korean_transaction_tax import (
    KOREAN_TRANSACTION_TAX,
)
from foresto_lab.rebalancing.costs.model import CostModel
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

KOREAN_MARKETS: Final = ("KOSPI", "KOSDAQ", "KONEX", "KRX_ETF", "KRX_BOND", "KRX_GOLD")
KOREAN_DISTRIBUTION_TAX: Final = 0.154
"""Income tax 14 % (Income Tax Act art. 129) and local income tax, a tenth of it."""
US_TREATY_DISTRIBUTION_TAX: Final = 0.15
"""Korea-US income tax convention (1979), art. 12; in place of Korea's 14 %."""
FOREIGN_SHARES_GAINS_TAX: Final = 0.22
"""Income tax 20 % (Income Tax Act art. 118-5) and local income tax, a tenth of it."""
FOREIGN_SHARES_ALLOWANCE: Final = 2_500_000.0
"""Won a year (Income Tax Act art. 118-7)."""


@dataclass(frozen=True, slots=True)
class CostPreset:
    """Costs under a name, with what they stand for and where they are from.

    Parameters
    ----------
    name : str
    description_ko, description_en : str
    costs : CostModel
    sources : tuple of str
    """

    name: str
    description_ko: str
    description_en: str
    costs: CostModel
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the preset as plain JSON-ready values."""
        return {
            "name": self.name,
            "description_ko": self.description_ko,
            "description_en": self.description_en,
            "costs": self.costs.to_dict(),
            "sources": list(self.sources),
        }


def korean_costs(
    commission: float = 0.00015,
    half_spread: float = 0.0005,
    *,
    commission_minimum: float = 0.0,
    distribution_tax: float = KOREAN_DISTRIBUTION_TAX,
) -> CostModel:
    """Return what trading on the Korean exchange costs a private investor.

    Commission, half spread, the securities transaction tax of each date and market, and
    the tax on distributions. Gains on listed shares and on domestic equity ETFs are not
    taxed below the large shareholder's bounds; the holding-period tax on other ETFs is
    not modelled (docs/costs.md says why).

    Parameters
    ----------
    commission, half_spread : float
        Fractions of the traded value; assumptions, brokers and spreads differ.
    commission_minimum : float, won
    distribution_tax : float
    """
    return CostModel(
        (
            Commission(commission, commission_minimum, markets=KOREAN_MARKETS),
            HalfSpread(half_spread, markets=KOREAN_MARKETS),
            TransactionTax(KOREAN_TRANSACTION_TAX),
            DistributionTax(distribution_tax, markets=KOREAN_MARKETS),
        )
    )


def us_costs_from_korea(
    commission: float = 0.0025,
    half_spread: float = 0.0002,
    conversion: float = 0.001,
    *,
    method: str = "FIFO",
) -> CostModel:
    """Return what trading US shares and ETFs costs a private investor in Korea.

    Commission, half spread, currency conversion, 15 % of distributions (treaty), and
    22 % of the year's net gain above 2.5 million won. The tax is counted at the year's
    last session; it is really due in May of the next year. The US fee on sales
    (Section 31, some 0.003 %) is not counted.
    """
    us = ("US",)
    return CostModel(
        (
            Commission(commission, markets=us),
            HalfSpread(half_spread, markets=us),
            CurrencyConversion(conversion, markets=us),
            DistributionTax(US_TREATY_DISTRIBUTION_TAX, markets=us),
            CapitalGainsTax(
                FOREIGN_SHARES_GAINS_TAX,
                method,
                FOREIGN_SHARES_ALLOWANCE,
                "YEAR_END",
                markets=us,
            ),
        )
    )


_KOREA_SOURCES: Final = (
    "Transaction tax: the table of foresto_lab, a source in each row",
    "Distributions 15.4 %: Income Tax Act art. 129 (rate read in guides of 2025, the "
    "article not read)",
    "Commission 0.015 % and half spread 0.05 %: assumptions, not sourced",
)
_US_SOURCES: Final = (
    "Distributions 15 %: Korea-US income tax convention, art. 12 (rate read in guides "
    "of 2025, the article not read)",
    "Gains 22 % above 2.5 million won a year: Income Tax Act art. 118-5 and 118-7 "
    "(read in guides of 2021 to 2026, the articles not read); first in, first out is "
    "the rule, moving average allowed: National Tax Service ruling reported 2022-06-20 "
    "(Income Tax Act Enforcement Decree art. 162 para. 5)",
    "Commission 0.25 %, half spread 0.02 %, conversion 0.1 %: assumptions, not sourced",
)

COST_PRESETS: Final[dict[str, CostPreset]] = {
    preset.name: preset
    for preset in (
        CostPreset(
            "KOREA_RETAIL",
            "국내 상장 주식·ETF를 거래하는 개인: 위탁수수료, 반호가, 증권거래세, "
            "배당소득세",
            "A private investor on the Korean exchange: commission, half spread, "
            "securities transaction tax, tax on distributions",
            korean_costs(),
            _KOREA_SOURCES,
        ),
        CostPreset(
            "US_RETAIL_KRW",
            "미국 상장 주식·ETF를 거래하는 국내 개인: 위탁수수료, 반호가, 환전, "
            "배당 원천징수, 양도소득세",
            "A private investor in Korea with US shares and ETFs: commission, half "
            "spread, conversion, withholding tax, tax on gains",
            us_costs_from_korea(),
            _US_SOURCES,
        ),
        CostPreset(
            "KOREA_AND_US_RETAIL",
            "국내와 미국을 함께 거래하는 국내 개인: 위 두 가지를 시장별로",
            "A private investor in Korea with both: each market at its own costs",
            korean_costs() + us_costs_from_korea(),
            (*_KOREA_SOURCES, *_US_SOURCES),
        ),
    )
}
"""Every preset, by name. A market that is not told costs nothing in any of them."""


def cost_preset(name: str) -> CostPreset:
    """Return a preset by name, or raise UnknownNameError with those there are."""
    if name not in COST_PRESETS:
        raise UnknownNameError(
            kind="cost preset", given=name, allowed=tuple(COST_PRESETS)
        )
    return COST_PRESETS[name]
