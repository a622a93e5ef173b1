"""Words of studies of rebalancing: counterfactuals, and the luck of the base day."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "difference": Measure("미실시 대비 차이", "Against none", "money", "higher"),
    "difference_fraction": Measure(
        "미실시 대비 차이 (최초 투자금 대비)",
        "Against none, of the initial amount",
        "percent",
        "higher",
    ),
    "cagr_difference": Measure(
        "미실시 대비 연복리 수익률 차이", "CAGR against none", "percent", "higher"
    ),
    "return_effect": Measure(
        "다음 매매까지의 수익 효과", "Return effect until the next trade", "money"
    ),
    "carried_effect": Measure("앞선 매매의 이어진 효과", "Carried effect", "money"),
    "earlier_trades_effect": Measure(
        "앞선 매매로 달라진 비중의 효과", "Weights kept from earlier trades", "money"
    ),
    "compounding_effect": Measure(
        "앞선 차이의 복리 효과", "Growth of the difference so far", "money"
    ),
    "cost_effect": Measure("거래비용", "Cost", "money"),
    "flow_effect": Measure("현금 흐름의 차이", "Cash flows", "money"),
    "luck_best": Measure("가장 좋은 기준일", "Best base day, CAGR", "percent"),
    "luck_worst": Measure("가장 나쁜 기준일", "Worst base day, CAGR", "percent"),
    "luck_spread": Measure("기준일에 따른 차이", "Spread over base days", "percent"),
    "luck_deviation": Measure(
        "기준일에 따른 표준편차", "Standard deviation over base days", "percent"
    ),
    "luck_tranched": Measure(
        "모든 기준일에 나눈 경우", "Spread over all base days, CAGR", "percent"
    ),
    "luck_rank": Measure("선택한 기준일의 순위", "Rank of the chosen day", "count"),
    "luck_days": Measure("시험한 기준일 수", "Base days tried", "count"),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    # rules by the names that a study gives them
    "study_none": ("리밸런싱 없음", "No rebalancing"),
    "study_weekly": ("매주", "Weekly"),
    "study_monthly": ("매월", "Monthly"),
    "study_quarterly": ("분기마다", "Quarterly"),
    "study_semiannual": ("반기마다", "Twice a year"),
    "study_annual": ("매년", "Yearly"),
    "study_drift": ("괴리 5%", "Drift of 5%"),
    "study_hybrid": ("매월, 괴리 5%", "Monthly, if 5% off"),
    # headings
    "report_rebalancing_study": ("리밸런싱 효과 분석", "Rebalancing study"),
    "study_headline": ("한눈에 보기", "In short"),
    "study_growth": ("규칙별 자산 성장", "Growth under each rule"),
    "study_difference": (
        "리밸런싱 없음과의 차이",
        "Difference to no rebalancing",
    ),
    "study_parts": ("차이는 무엇으로 이루어졌나", "What the difference is made of"),
    "study_parts_by_rule": ("규칙별 구성", "Parts by rule"),
    "study_parts_of": ("차이의 구성: {rule}", "Parts of the difference: {rule}"),
    "study_parts_by_year": ("연도별 구성: {rule}", "Parts by year: {rule}"),
    "study_events": ("매매별 효과: {rule}", "What each trade did: {rule}"),
    "study_luck": ("기준일의 운", "Luck of the base day"),
    "study_luck_of": (
        "기준일에 따른 {measure}",
        "{measure} by base day",
    ),
    "study_return_effect": ("수익 효과", "Return effect"),
    "study_carried_effect": ("이어진 효과", "Carried effect"),
    "study_cost_effect": ("거래비용", "Cost"),
    "study_flow_effect": ("현금 흐름", "Cash flows"),
    "study_total": ("차이", "Difference"),
    "study_drift_removed": ("해소한 괴리", "Drift removed"),
    "study_half_sum": ("괴리 절반합", "Half sum"),
    "study_until": ("다음 매매", "Until"),
    "study_chosen": ("선택한 기준일", "Chosen day"),
    "study_each_day": ("각 기준일", "Each base day"),
    "study_tranched": ("모든 기준일에 나눔", "Spread over all days"),
    "study_of_days": ("{rank}위 / {days}", "{rank} of {days}"),
    "study_offset": ("기준일 +{offset}거래일", "base day +{offset} sessions"),
    "study_offset_back": ("기준일 -{offset}거래일", "base day -{offset} sessions"),
    "study_base_day_count": ("기준일 수", "Base days"),
    "study_worst": ("최저", "Lowest"),
    "study_median": ("중앙값", "Median"),
    "study_best": ("최고", "Highest"),
    "study_spread": ("차이", "Spread"),
    "study_deviation": ("표준편차", "Std. deviation"),
    "study_rank": ("순위", "Rank"),
    "study_no_base_day": (
        "비교한 규칙 가운데 기준일이 있는 규칙이 없습니다.",
        "None of the rules has a base day.",
    ),
    "study_no_trades": (
        "이 규칙은 한 번도 매매하지 않았습니다.",
        "This rule did not trade once.",
    ),
    "study_shown_events": (
        "효과가 큰 {shown}건 (전체 {total}건), 날짜순",
        "The {shown} trades of {total} that did most, by date",
    ),
    "study_parts_note": (
        "수익 효과는 매매 직전의 비중을 그대로 두었을 때와 견준, 다음 매매까지의 "
        "차이입니다. 이어진 효과는 앞선 매매들이 계속 미치는 차이입니다. 비용까지 "
        "더하면 리밸런싱을 한 번도 하지 않은 경우와의 차이가 됩니다.",
        "The return effect is what a trade made until the next, against keeping the "
        "weights just before it. The carried effect is what earlier trades still make. "
        "With the cost they add up to the difference to never rebalancing.",
    ),
    "study_luck_note": (
        "가격, 목표 비중, 비용과 첫날은 모두 같고 기준일만 다릅니다. 마름모는 선택한 "
        "기준일, 세로 막대는 같은 돈을 모든 기준일에 나누어 둔 경우입니다.",
        "Prices, targets, costs and the first day are the same; the base day alone "
        "differs. The diamond is the chosen day, the bar the same money spread over "
        "all of them.",
    ),
    # sentences
    "study_say_span": (
        "{years}년 동안 규칙 {rules}가지를 리밸런싱을 하지 않은 경우와 비교했습니다.",
        "Over {years} years, {rules} rules against never rebalancing.",
    ),
    "study_say_span_only": (
        "{years}년 동안 규칙 하나를 리밸런싱을 하지 않은 경우와 비교했습니다.",
        "Over {years} years, one rule against never rebalancing.",
    ),
    "study_say_none": (
        "리밸런싱이 없었다면 최초 투자금 {amount}, 최종 평가액 {final}입니다 "
        "(연 {cagr}).",
        "Without rebalancing, {amount} became {final} ({cagr} a year).",
    ),
    "study_say_best": (
        '가장 나은 규칙: "{rule}". 리밸런싱 없음보다 연 {cagr}포인트, {money}.',
        'The best rule: "{rule}", {cagr} a year against none, {money} in all.',
    ),
    "study_say_worst": (
        '가장 못한 규칙: "{rule}". 리밸런싱 없음보다 연 {cagr}포인트, {money}.',
        'The worst rule: "{rule}", {cagr} a year against none, {money} in all.',
    ),
    "study_say_none_best": (
        "이 기간에는 어느 규칙도 리밸런싱을 하지 않은 것보다 낫지 않았습니다.",
        "In this span no rule did better than never rebalancing.",
    ),
    "study_say_all_better": (
        "이 기간에는 모든 규칙이 리밸런싱을 하지 않은 것보다 나았습니다.",
        "In this span every rule did better than never rebalancing.",
    ),
    "study_say_only": (
        '"{rule}": 리밸런싱 없음보다 연 {cagr}포인트, {money}.',
        '"{rule}": {cagr} a year against none, {money} in all.',
    ),
    "study_say_risk": (
        "변동성은 리밸런싱 없이 {none}, 규칙을 따르면 {low}에서 {high}까지입니다. 최대 "
        "낙폭은 각각 {none_drawdown}, {worst_drawdown}에서 {best_drawdown}까지입니다.",
        "Volatility was {none} without and {low} to {high} with a rule; the maximum "
        "drawdown {none_drawdown} without, {worst_drawdown} to {best_drawdown} with.",
    ),
    "study_say_risk_only": (
        "변동성은 리밸런싱 없이 {none}, 규칙을 따르면 {low}입니다. 최대 낙폭은 각각 "
        "{none_drawdown}, {worst_drawdown}입니다.",
        "Volatility was {none} without and {low} with it; the maximum drawdown "
        "{none_drawdown} without, {worst_drawdown} with it.",
    ),
    "study_say_cost": (
        '거래비용은 모두 합해 {low}에서 {high}까지입니다. 가장 비싼 규칙: "{rule}".',
        'It cost {low} to {high} in all; the dearest rule: "{rule}".',
    ),
    "study_say_cost_only": (
        "거래비용은 모두 합해 {high}입니다.",
        "It cost {high} in all.",
    ),
    "study_say_luck": (
        '"{rule}": 기준일만 바꾸어도 연 수익률이 {low}에서 {high}까지 달라집니다 '
        "(차이 {spread}포인트). 선택한 기준일은 {days}개 중 {rank}위입니다.",
        '"{rule}": by the base day alone the yearly return runs from {low} to {high}, '
        "{spread} apart; the chosen day ranks {rank} of {days}.",
    ),
    "study_say_all_luck": (
        "규칙 사이의 차이({between}포인트)가 한 규칙의 기준일에 따른 차이"
        "({within}포인트)를 넘지 않습니다. 어느 규칙이 나은지는 이 기간으로 알 수 "
        "없습니다.",
        "The rules lie {between} apart, no more than the base days of one rule do "
        "({within}): this span does not tell which rule is better.",
    ),
    "study_say_more_than_luck": (
        "규칙 사이의 차이({between}포인트)가 한 규칙의 기준일에 따른 차이"
        "({within}포인트)보다 큽니다.",
        "The rules lie {between} apart, more than the base days of one rule do "
        "({within}).",
    ),
}
