"""Words and measures of forward simulations."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "paths": Measure("경로 수", "Paths", "count"),
    "years": Measure("기간(년)", "Years", "ratio"),
    "p05": Measure("하위 5%", "5th", "money"),
    "p25": Measure("하위 25%", "25th", "money"),
    "p50": Measure("중앙값", "Median", "money"),
    "p75": Measure("상위 25%", "75th", "money"),
    "p95": Measure("상위 5%", "95th", "money"),
    "final_p05": Measure("최종 금액, 하위 5%", "Final value, 5th percentile", "money"),
    "final_p50": Measure("최종 금액, 중앙값", "Final value, median", "money", "higher"),
    "final_p95": Measure("최종 금액, 상위 5%", "Final value, 95th percentile", "money"),
    "final_mean": Measure("최종 금액, 평균", "Final value, mean", "money"),
    "cagr_p05": Measure("연복리 수익률, 하위 5%", "CAGR, 5th percentile", "percent"),
    "cagr_p50": Measure("연복리 수익률, 중앙값", "CAGR, median", "percent", "higher"),
    "cagr_p95": Measure("연복리 수익률, 상위 5%", "CAGR, 95th percentile", "percent"),
    "probability_of_loss": Measure(
        "손실 확률", "Probability of loss", "percent", "lower"
    ),
    "probability_of_ruin": Measure(
        "고갈 확률", "Probability of ruin", "percent", "lower"
    ),
    "probability_of_goal": Measure(
        "목표 달성 확률", "Probability of reaching the goal", "percent", "higher"
    ),
    "max_drawdown_p50": Measure(
        "최대 낙폭, 중앙값", "Maximum drawdown, median", "percent", "higher"
    ),
    "max_drawdown_p05": Measure(
        "최대 낙폭, 나쁜 쪽 5%", "Maximum drawdown, worst 5%", "percent", "higher"
    ),
    "mean_annual_turnover": Measure(
        "연평균 회전율", "Annual turnover, mean", "percent", "lower"
    ),
    "mean_total_cost": Measure("총비용, 평균", "Total cost, mean", "money", "lower"),
    "mean_rebalancing_count": Measure(
        "리밸런싱 횟수, 평균", "Rebalancings, mean", "ratio"
    ),
    "mean_contributions": Measure("납입 합계, 평균", "Contributions, mean", "money"),
    "mean_withdrawals": Measure("인출 합계, 평균", "Withdrawals, mean", "money"),
    "mean_unmet_withdrawals": Measure(
        "지급하지 못한 인출, 평균", "Unmet withdrawals, mean", "money", "lower"
    ),
    **{
        f"mean_cost_{part}": Measure(
            f"{korean}, 평균", f"{english}, mean", "money", "lower"
        )
        for part, korean, english in (
            ("commission", "위탁수수료", "Commission"),
            ("spread", "호가 차이", "Spread"),
            ("impact", "시장 충격", "Market impact"),
            ("transaction_tax", "증권거래세", "Transaction tax"),
            ("currency_conversion", "환전 비용", "Currency conversion"),
            ("distribution_tax", "배당소득세", "Distribution tax"),
            ("capital_gains_tax", "양도소득세", "Capital gains tax"),
            ("management_fee", "운용 보수", "Management fee"),
        )
    },
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "report_forward": ("미래 시뮬레이션", "Forward simulation"),
    "forward_part_chances": ("확률", "Chances"),
    "forward_part_assumptions": ("가정", "Assumptions"),
    "forward_fan_note": (
        "백분위수는 모든 경로를 그 시점의 금액 순으로 놓았을 때의 값입니다. 손실은 "
        "납입과 인출을 뺀 시간가중 수익률이 0보다 낮은 경로의 비율입니다.",
        "Percentiles rank all paths by their value at that time. A loss is a "
        "time-weighted return below 0, contributions and withdrawals apart.",
    ),
    "forward_caution": (
        "경로는 지난 {years}년의 일간 수익률에서 나왔습니다. 그 기간에 없던 일은 이 "
        "경로들에도 없습니다. 예측이 아니라, 과거와 같은 성질의 시장이 이어질 때의 "
        "범위입니다.",
        "The paths are made of {years} years of daily returns: what did not happen "
        "then does not happen in them. They are no forecast, but the range of what may "
        "come if markets stay as they were.",
    ),
    "forward_seed": ("난수 시드", "Seed"),
    "forward_flows": ("현금 흐름", "Cash flows"),
    "forward_inflation": ("연간 물가 상승률", "Yearly inflation"),
    "history_tab": ("지나온 길", "History"),
    "explorer_parts": ("보기", "Parts"),
    "forward_tab": ("앞으로", "Forward"),
    "forward_horizon": (
        "{years}년, {paths:,}개 경로",
        "{years} years, {paths:,} paths",
    ),
    "forward_fan": ("미래 자산 가치", "Future value"),
    "forward_drawdowns": ("최대 낙폭의 분포", "Distribution of maximum drawdown"),
    "forward_chances": ("해마다의 확률", "Chances by year"),
    "forward_cagr": ("연복리 수익률의 분포", "Distribution of CAGR"),
    "years_from_now": ("경과 연수", "Years from now"),
    "share_of_paths": ("경로의 비율", "Share of paths"),
    "median_path": ("중앙값", "Median"),
    "band_50": ("가운데 50%", "Middle 50%"),
    "band_80": ("가운데 80%", "Middle 80%"),
    "band_90": ("가운데 90%", "Middle 90%"),
    "single_paths": ("경로의 예", "Some of the paths"),
    "goal": ("목표 금액", "Goal"),
    "todays_money": ("오늘의 화폐 가치 기준", "in today's money"),
    "forward_from_blocks": (
        "{start} ~ {end}의 일간 수익률을 평균 {days}일 블록으로 재추출",
        "Daily returns of {start} to {end}, resampled in blocks of {days} days on "
        "average",
    ),
    "forward_from_law": (
        "{law}, 따로 정하지 않은 값은 {start} ~ {end}의 것",
        "{law}; what is not stated is that of {start} to {end}",
    ),
    "normal_returns": ("정규분포 수익률", "Normal returns"),
    "student_t_returns": (
        "자유도 {freedom}의 t-분포 수익률",
        "Student's t returns, {freedom} degrees of freedom",
    ),
    "worst_5": ("나쁜 쪽 5%", "Worst 5%"),
}
