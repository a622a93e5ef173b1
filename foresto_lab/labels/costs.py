"""Words of costs and taxes."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "cost_commission": Measure("위탁수수료", "Commission", "money", "lower"),
    "cost_spread": Measure("호가 차이", "Spread", "money", "lower"),
    "cost_impact": Measure("시장 충격", "Market impact", "money", "lower"),
    "cost_transaction_tax": Measure("증권거래세", "Transaction tax", "money", "lower"),
    "cost_currency_conversion": Measure(
        "환전 비용", "Currency conversion", "money", "lower"
    ),
    "cost_distribution_tax": Measure(
        "배당·분배금 세금", "Tax on distributions", "money", "lower"
    ),
    "cost_capital_gains_tax": Measure(
        "양도소득세", "Capital gains tax", "money", "lower"
    ),
    "cost_management_fee": Measure("운용 보수", "Management fee", "money", "lower"),
    "realized_gain": Measure("실현 손익", "Realised gain", "money"),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "costs_and_taxes": ("비용과 세금", "Costs and taxes"),
    "costs_by_year": ("연도별 비용과 세금", "Costs and taxes by year"),
    "cost_of_average_value": (
        "연평균 평가액 대비",
        "Of the year's average value",
    ),
    "costs_not_dated": (
        "거래일에 낸 비용만 그렸습니다. 나머지 {amount}은 날짜별 기록이 없습니다.",
        "Only what was paid with trades; another {amount} is not stored by date.",
    ),
    "no_costs": ("비용이 없습니다.", "No costs."),
    "cost_part": ("항목", "Part"),
    "cost_total": ("합계", "Total"),
    "cost_source": ("출처", "Source"),
    "tax_market": ("시장", "Market"),
    "tax_from": ("매매일부터", "Trades from"),
    "tax_to": ("매매일까지", "Trades to"),
    "tax_rate": ("세율", "Rate"),
    "securities_transaction_tax": ("증권거래세", "Securities transaction tax"),
    "special_tax_for_rural_development": (
        "농어촌특별세",
        "Special tax for rural development",
    ),
    "base_currency": ("기준 통화", "Base currency"),
    "hedged": ("환헤지", "Hedged"),
    "unhedged": ("환노출", "Unhedged"),
}
