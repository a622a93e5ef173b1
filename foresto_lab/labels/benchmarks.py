"""Words of benchmarks, crises, rolling windows and start dates."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "active_return": Measure("초과 수익률", "Active return", "percent", "higher"),
    "alpha": Measure("알파", "Alpha", "percent", "higher"),
    "beta": Measure("베타", "Beta", "ratio"),
    "correlation": Measure("상관계수", "Correlation", "ratio"),
    "tracking_error": Measure("추적오차", "Tracking error", "percent", "lower"),
    "information_ratio": Measure("정보비율", "Information ratio", "ratio", "higher"),
    "up_capture": Measure("상승 포착률", "Up capture", "percent", "higher"),
    "down_capture": Measure("하락 포착률", "Down capture", "percent", "lower"),
    "batting_average": Measure(
        "벤치마크를 이긴 달", "Months ahead of the benchmark", "percent", "higher"
    ),
    "up_months": Measure("벤치마크 상승 월수", "Benchmark's up months", "count"),
    "down_months": Measure("벤치마크 하락 월수", "Benchmark's down months", "count"),
    "benchmark_cagr": Measure("벤치마크 연복리 수익률", "Benchmark's CAGR", "percent"),
    "benchmark_volatility": Measure(
        "벤치마크 연 변동성", "Benchmark's volatility", "percent"
    ),
    "benchmark_max_drawdown": Measure(
        "벤치마크 최대 낙폭", "Benchmark's maximum drawdown", "percent"
    ),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "benchmark": ("벤치마크", "Benchmark"),
    "crisis_ASIAN_1997": ("1997 아시아 외환위기", "Asian crisis 1997"),
    "crisis_DOT_COM": ("2000 닷컴 버블 붕괴", "Dot-com crash 2000"),
    "crisis_GLOBAL_2008": ("2008 글로벌 금융위기", "Financial crisis 2008"),
    "crisis_EURO_2011": ("2011 유럽 재정위기", "Euro debt crisis 2011"),
    "crisis_COVID_2020": ("2020 코로나 급락", "Covid crash 2020"),
    "crisis_RATES_2022": ("2022 금리 급등", "Rate shock 2022"),
    "coverage_COVERED": ("전체", "whole"),
    "coverage_PARTIAL": ("일부 기간", "in part"),
    "coverage_NOT_COVERED": ("자료 없음", "no data"),
}
