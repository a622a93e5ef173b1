"""Words and measures of cash flows and of retirement."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "total_contributions": Measure("납입 합계", "Total contributions", "money"),
    "total_withdrawals": Measure("인출 합계", "Total withdrawals", "money"),
    "money_weighted_return": Measure(
        "금액가중 수익률(XIRR)", "Money-weighted return (XIRR)", "percent", "higher"
    ),
    "time_weighted_return": Measure(
        "시간가중 수익률", "Time-weighted return", "percent", "higher"
    ),
    "unmet_withdrawals": Measure(
        "지급하지 못한 인출", "Unmet withdrawals", "money", "lower"
    ),
    "ruined": Measure("고갈 여부", "Ruined", "text"),
    "ruin_date": Measure("고갈일", "Date of ruin", "text"),
    "n_starts": Measure("시작 시점 수", "Starts", "count"),
    "first_start": Measure("첫 시작", "First start", "text"),
    "last_start": Measure("마지막 시작", "Last start", "text"),
    "retirement_years": Measure("은퇴 기간(년)", "Years of retirement", "count"),
    "withdrawal_rate": Measure("연 인출률", "Withdrawal rate a year", "percent"),
    "success_rate": Measure(
        "끝까지 버틴 비율", "Share of starts that lasted", "percent", "higher"
    ),
    "lowest_sustainable_rate": Measure(
        "언제 시작해도 버틴 인출률", "Rate that lasted from every start", "percent"
    ),
    "worst_start": Measure("가장 나쁜 시작", "Worst start", "text"),
    "p05_sustainable_rate": Measure(
        "지속 가능 인출률, 하위 5%", "Sustainable rate, 5th percentile", "percent"
    ),
    "median_sustainable_rate": Measure(
        "지속 가능 인출률, 중앙값", "Sustainable rate, median", "percent"
    ),
    "highest_sustainable_rate": Measure(
        "지속 가능 인출률, 최고", "Sustainable rate, highest", "percent"
    ),
    "shortest_lasted_years": Measure(
        "가장 빨리 고갈된 때(년)", "Shortest that it lasted (years)", "ratio"
    ),
    "median_final_real": Measure(
        "끝에 남은 돈, 중앙값(처음 금액 대비)",
        "Left at the end, median (of the initial amount)",
        "percent",
    ),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "yes": ("예", "yes"),
    "no": ("아니오", "no"),
    "cash_flow": ("현금 흐름", "Cash flow"),
    "cash_flows": ("납입과 인출", "Contributions and withdrawals"),
    "contributed": ("누적 납입", "Contributed so far"),
    "withdrawn": ("누적 인출", "Withdrawn so far"),
    "no_cash_flows": ("납입도 인출도 없습니다.", "No contributions or withdrawals."),
    "retirement": ("은퇴 자금", "Retirement"),
    "sustainable_rates": (
        "시작 시점별 지속 가능 인출률({years}년)",
        "Sustainable withdrawal rate by start ({years} years)",
    ),
    "sustainable_rate": ("지속 가능 인출률", "Sustainable rate"),
    "retirement_start": ("은퇴 시작", "Start of retirement"),
    "retirement_fan": (
        "남은 돈(시작 시점 돈의 가치, 처음 = 100%)",
        "What is left (money of the start, start = 100%)",
    ),
    "share_of_starts_that_last": (
        "버틴 시작 시점의 비율: 인출률과 기간별",
        "Share of starts that last, by rate and years",
    ),
    "windows_overlap": (
        "기간이 서로 겹치므로 독립된 사례는 시작 시점 수보다 훨씬 적습니다.",
        "Windows overlap: far fewer independent cases than there are starts.",
    ),
    "years_long": ("{years}년", "{years} years"),
    "year_of_retirement": ("은퇴 후 몇 년", "Year of retirement"),
    "ruin_by_year": ("해마다의 고갈 확률", "Chance of ruin by year"),
    "half_of_starts": ("시작 시점의 절반", "Half of the starts"),
    "nine_of_ten_starts": ("시작 시점의 90%", "90% of the starts"),
    "median_start": ("중앙값", "Median"),
}
