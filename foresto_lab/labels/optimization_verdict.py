"""Words of what is thought of a search: its statistics, its verdict, the reasons."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "trials": Measure("이번 탐색의 시도", "Trials of this search", "count"),
    "prior_trials": Measure("이전 시도", "Trials made before", "count"),
    "effective_trials": Measure(
        "사실상 독립인 시도 수", "Effective independent trials", "count"
    ),
    "best_sharpe": Measure(
        "최고 조합의 샤프 지수 (연)",
        "Sharpe ratio of the best, a year",
        "ratio",
        "higher",
    ),
    "sharpe_deviation": Measure(
        "시도들의 샤프 지수 표준편차 (연)",
        "Deviation of the trials' Sharpe ratios, a year",
        "ratio",
    ),
    "return_skewness": Measure("봉 수익률의 왜도", "Skewness of bar returns", "ratio"),
    "return_kurtosis": Measure(
        "봉 수익률의 첨도 (정규분포 3)", "Kurtosis of bar returns (normal: 3)", "ratio"
    ),
    "luck_probability": Measure(
        "운만으로 이만큼 나올 확률",
        "Probability that luck alone finds this",
        "percent",
        "lower",
    ),
    "market_beta": Measure("시장 노출 (베타)", "Exposure to the market", "ratio"),
    "probabilistic_sharpe_ratio": Measure(
        "확률적 샤프 지수 (PSR)", "Probabilistic Sharpe ratio", "percent", "higher"
    ),
    "expected_maximum_sharpe": Measure(
        "우연의 기대 최대 샤프 지수 (연)",
        "Best Sharpe ratio to expect of the spread, a year",
        "ratio",
    ),
    "deflated_sharpe_ratio": Measure(
        "디플레이티드 샤프 지수 (DSR)", "Deflated Sharpe ratio", "percent", "higher"
    ),
    "minimum_track_record_years": Measure(
        "필요한 최소 기록 (년)", "Minimum track record, years", "ratio", "lower"
    ),
    "minimum_backtest_years": Measure(
        "시도 수에 필요한 최소 기간 (년)",
        "Minimum backtest length, years",
        "ratio",
        "lower",
    ),
    "history_years": Measure("탐색한 기간 (년)", "History searched, years", "ratio"),
    "probability_of_overfitting": Measure(
        "과최적화 확률 (PBO)", "Probability of backtest overfitting", "percent", "lower"
    ),
    "loss_out_of_sample": Measure(
        "표본 외 손실 확률", "Probability of a loss out of sample", "percent", "lower"
    ),
    "overfitting_slope": Measure(
        "표본 외/표본 내 회귀 기울기",
        "Slope of out-of-sample on in-sample",
        "ratio",
        "higher",
    ),
    "spa_lower": Measure("SPA p값 (하한)", "SPA p-value, lower", "percent", "lower"),
    "spa_consistent": Measure("SPA p값", "SPA p-value", "percent", "lower"),
    "spa_upper": Measure("SPA p값 (상한)", "SPA p-value, upper", "percent", "lower"),
    "reality_check": Measure(
        "현실성 검정 p값", "White's reality check, p-value", "percent", "lower"
    ),
    "plateau_score": Measure(
        "고원 점수 (이웃의 성과)", "Plateau score of the neighbours", "ratio", "higher"
    ),
    "walked_in_sample": Measure(
        "앞 구간에서 약속한 샤프 지수", "Sharpe promised by the blocks before", "ratio"
    ),
    "walked_out_of_sample": Measure(
        "다음 구간에서 나온 샤프 지수",
        "Sharpe kept on the blocks after",
        "ratio",
        "higher",
    ),
    "sharpe_kept": Measure(
        "남은 샤프 지수의 비율", "Share of the Sharpe ratio kept", "percent", "higher"
    ),
    "compared_trials": Measure("비교에 쓴 조합", "Combinations compared", "count"),
    "compared_stretches": Measure(
        "비교에 쓴 봉 묶음", "Stretches of bars compared", "count"
    ),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "verdict": ("판정", "Verdict"),
    "verdict_robust": ("견고함", "Robust"),
    "verdict_doubtful": ("의심스러움", "Doubtful"),
    "verdict_overfitted": ("과최적화", "Overfitted"),
    "verdict_reasons": ("이유", "Reasons"),
    "verdict_luck_unlikely": (
        "실력이 없어도 조합 {trials}개 중 최고가 이만큼 좋아 보일 확률은 {probability} "
        "이하이므로, 운으로 보기 어렵습니다.",
        "Without any edge, the best of {trials} trials looks this good with a "
        "probability of {probability} or less, so luck is no explanation.",
    ),
    "verdict_luck_possible": (
        "실력이 없어도 조합 {trials}개 중 최고가 이만큼 좋아 보일 확률이 {probability}"
        "입니다. 운일 가능성을 버릴 수 없습니다.",
        "Without any edge, the best of {trials} trials looks this good with a "
        "probability of {probability}: luck cannot be ruled out.",
    ),
    "verdict_luck_likely": (
        "실력이 없어도 조합 {trials}개 중 최고가 이만큼 좋아 보일 확률이 {probability}"
        "이므로, 운으로 설명됩니다.",
        "Without any edge, the best of {trials} trials looks this good with a "
        "probability of {probability}, so luck explains it.",
    ),
    "verdict_market_or_luck": (
        "벌기는 했지만 시장을 평균 {beta} 보유한 수익을 빼면 남는 것이 운과 구별되지 "
        "않습니다.",
        "It did earn, but beyond what holding {beta} of the market earned nothing "
        "stands out from luck.",
    ),
    "verdict_one_trial": (
        "조합 하나만 시험했으므로 골라낸 결과는 아니지만, 운만으로 이만큼 나올 확률이 "
        "{probability}여서 실력이라 말할 수 없습니다.",
        "A single trial was not picked from many, but luck alone gives as much with a "
        "probability of {probability}, so nothing shows an edge.",
    ),
    "verdict_luck_unknown": (
        "최고 조합의 수익률이 움직이지 않거나 알 수 없어 운과 비교할 수 없습니다.",
        "The best trial's returns do not move or are not known, so they cannot be "
        "compared with luck.",
    ),
    "verdict_best_loses": (
        "최고 조합조차 위험 대비 수익이 없습니다 (연 샤프 지수 {sharpe}).",
        "Even the best trial earned nothing for its risk (annual Sharpe ratio "
        "{sharpe}).",
    ),
    "verdict_next_block_earned": (
        "지난 구간에서 고른 조합이 다음 구간에서도 벌었습니다 (샤프 지수 {promised} → "
        "{kept}).",
        "What was best on past blocks earned on the next ones too (Sharpe ratio "
        "{promised}, then {kept}).",
    ),
    "verdict_next_block_lost": (
        "지난 구간에서 고른 조합이 다음 구간에서는 벌지 못했습니다 (샤프 지수 "
        "{promised} → {kept}).",
        "What was best on past blocks earned nothing on the next ones (Sharpe ratio "
        "{promised}, then {kept}).",
    ),
    "verdict_halves_lost": (
        "기간의 절반에서 최고였던 조합이 나머지 절반에서는 {share}의 경우에 "
        "잃었습니다.",
        "The best of one half of the bars lost in the other half in {share} of all "
        "ways to halve them.",
    ),
    "verdict_held_out_earned": (
        "탐색에 쓰지 않은 기간에서도 벌었습니다 (샤프 지수 {sharpe}).",
        "It earned on the part that was never searched on (Sharpe ratio {sharpe}).",
    ),
    "verdict_held_out_lost": (
        "탐색에 쓰지 않은 기간에서는 벌지 못했습니다 (샤프 지수 {sharpe}).",
        "It earned nothing on the part that was never searched on (Sharpe ratio "
        "{sharpe}).",
    ),
    "verdict_few_trades": (
        "거래가 {count}번뿐이라 몇 번의 우연에 좌우됩니다.",
        "It rests on {count} trades, so on the chance of a few.",
    ),
    "verdict_plateau": (
        "이웃한 조합도 잘합니다 (고원 점수 {score}).",
        "Its neighbours do well too (plateau score {score}).",
    ),
    "verdict_needle": (
        "이웃한 조합은 훨씬 못합니다 (고원 점수 {score}). 값이 조금만 달라져도 결과가 "
        "무너질 수 있습니다.",
        "Its neighbours do far worse (plateau score {score}): a small change of "
        "parameters may undo it.",
    ),
    "verdict_ranks_fall": (
        "한쪽 절반의 최고가 다른 절반에서는 {share}의 경우에 중앙값보다 "
        "못했습니다. 조합 사이의 우열은 믿지 마십시오.",
        "The best of one half ranked below the median of the other in {share} of all "
        "ways to halve the bars: do not trust one combination over another.",
    ),
    "verdict_short_history": (
        "시도 횟수에 비해 기간이 짧습니다 ({years}년, 필요한 기간 {needed}년).",
        "The history is short for so many trials ({years} years of {needed}).",
    ),
    "verdict_no_best": (
        "조건을 만족하고 값이 있는 조합이 없어 판정할 것이 없습니다.",
        "No trial has a value and keeps every constraint: there is nothing to judge.",
    ),
    "verdict_no_trades": (
        "최고 조합이 한 번도 거래하지 않아 판정할 것이 없습니다.",
        "The best trial never traded: there is nothing to judge.",
    ),
    "verdict_too_short": (
        "봉이 {bars}개뿐입니다. 판정하려면 {needed_bars}개 이상이 필요합니다.",
        "{bars} bars are too few to judge by; it takes {needed_bars} or more.",
    ),
}
