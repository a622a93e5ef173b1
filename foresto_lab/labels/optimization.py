"""Words of searches: their trials, figures, pages, statistics and verdicts."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "objective": Measure("목적 함수", "Objective", "ratio", "higher"),
    "efficiency": Measure(
        "워크포워드 효율 (표본 외/표본 내)",
        "Walk-forward efficiency (out of sample / in sample)",
        "percent",
        "higher",
    ),
    "window_count": Measure("구간 수", "Windows", "count"),
    "evaluated_count": Measure("평가한 조합", "Combinations evaluated", "count"),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    # figures over parameters
    "opt_heat": ("{metric} 지도", "Map of {metric}"),
    "opt_heat_best": ("{metric} 지도: 칸마다 최고", "{metric}: best of each cell"),
    "opt_heat_median": (
        "{metric} 지도: 칸마다 중앙값",
        "{metric}: median of each cell",
    ),
    "opt_binned": ("여러 값을 한 칸에 묶음", "several values to a cell"),
    "opt_chosen": ("선택한 조합", "Chosen"),
    "opt_infeasible": ("조건을 만족하는 조합 없음", "No combination meets the limits"),
    "opt_undefined": ("값이 정의되지 않음", "Undefined"),
    "opt_trial_hover": ("시도 #{trial}", "trial #{trial}"),
    "opt_trials_in_cell": ("조합 {count}개", "{count} combinations"),
    "opt_slices": ("매개변수별 {metric}", "{metric} by each parameter"),
    "opt_slice_best": ("값마다 최고", "Best at each value"),
    "opt_slice_median": ("값마다 중앙값", "Median at each value"),
    "opt_each_trial": ("각 조합", "Each combination"),
    "opt_shown": (
        "전체 {total}개 중 {shown}개 표시",
        "{shown} of {total} shown",
    ),
    "opt_first_parameters": (
        "영향이 큰 매개변수 {shown}개 (전체 {total}개)",
        "the {shown} parameters of {total} that matter most",
    ),
    "opt_parallel": ("조합과 {metric}", "Combinations and their {metric}"),
    "opt_top_tenth": ("상위 10%", "Best 10%"),
    "opt_upper_half": ("상위 10~50%", "Best 10–50%"),
    "opt_lower_half": ("하위 50%", "Worst 50%"),
    "opt_importance": (
        "매개변수의 중요도: {metric} 분산 중 비율",
        "Importance: share of the variance of {metric}",
    ),
    "opt_importance_how": (
        "분산 분석(ANOVA): 값별 평균의 분산 / 전체 분산",
        "ANOVA: variance of the means by value / whole variance",
    ),
    "opt_main_effect": ("혼자서", "Alone"),
    "opt_pair_effect": ("다른 하나와 함께", "Together with another"),
    # figures of the search
    "opt_generations": ("세대별 {metric}, 다양성", "{metric} by generation"),
    "opt_generation": ("세대", "Generation"),
    "opt_best_so_far": ("최고", "Best"),
    "opt_mean": ("평균", "Mean"),
    "opt_diversity": ("다양성", "Diversity"),
    "opt_no_generations": (
        "이 방법에는 세대가 없습니다.",
        "This way to search has no generations.",
    ),
    "opt_pareto": ("파레토 프런트", "Pareto front"),
    "opt_front": ("파레토 프런트 위", "On the front"),
    "opt_dominated": ("다른 조합보다 못한 조합", "Dominated"),
    "opt_one_objective": (
        "목적 함수가 하나이므로 파레토 프런트가 없습니다.",
        "There is one objective, so there is no front.",
    ),
    "opt_nothing_to_draw": (
        "조건을 만족하고 값이 정의된 조합이 없습니다.",
        "No combination meets the limits and has a value.",
    ),
    # figures of belief
    "opt_in_out": (
        "{metric}: 표본 내와 표본 외",
        "{metric} in sample and out of sample",
    ),
    "opt_in_sample": ("표본 내", "In sample"),
    "opt_out_of_sample": ("표본 외", "Out of sample"),
    "opt_equal_line": ("표본 내와 같음", "Equal to in sample"),
    "opt_each_half": (
        "점 하나: 기간의 절반에서 최고인 조합, 나머지 절반의 성과",
        "a point: the best of half the bars, and how it did in the rest",
    ),
    "opt_lost": ("표본 외 손실", "A loss out of sample"),
    "opt_gained": ("표본 외 이익", "A gain out of sample"),
    "opt_slope_is": ("평균 관계 (기울기 {value})", "On average (slope {value})"),
    "opt_logits": (
        "표본 내 최고 조합의 표본 외 순위 (CSCV)",
        "Ranks out of sample (CSCV logits)",
    ),
    "opt_logit": (
        "로짓 (0 미만: 중앙값보다 못함)",
        "Logit (below 0: worse than the median)",
    ),
    "opt_share_of_splits": ("분할의 비율", "Share of splits"),
    "opt_below_median": ("중앙값보다 못함", "Worse than the median"),
    "opt_above_median": ("중앙값보다 나음", "Better than the median"),
    "opt_pbo_is": ("과최적화 확률 {value}", "probability of overfitting {value}"),
    "opt_no_logits": (
        "과최적화 확률을 계산하지 않았습니다.",
        "The probability of overfitting was not computed.",
    ),
    "opt_no_out_of_sample": (
        "표본 외 값이 없습니다.",
        "There are no values out of sample.",
    ),
    "opt_sharpes": ("조합들의 샤프 지수 분포", "Sharpe ratios of the combinations"),
    "opt_yearly_sharpe": ("샤프 지수 (연)", "Sharpe ratio, a year"),
    "opt_share_of_trials": ("조합의 비율", "Share of combinations"),
    "opt_noise_maximum": ("우연의 기대 최댓값 {value}", "best of pure luck {value}"),
    "opt_chosen_is": ("선택 {value}", "chosen {value}"),
    # walk-forward
    "wf_equity": ("표본 외로 이은 자산", "Out-of-sample equity, stitched"),
    "wf_window": ("구간", "Window"),
    "wf_windows": ("구간별 결과", "Windows"),
    "wf_window_number": ("구간 {number}", "window {number}"),
    "wf_parameters": ("구간마다 선택한 매개변수", "Parameters chosen in each window"),
    "wf_scores": (
        "구간별 {metric}: 표본 내와 표본 외",
        "{metric} of each window, in and out of sample",
    ),
    "wf_shown_parameters": (
        "매개변수 {total}개 중 가장 많이 바뀐 {shown}개",
        "the {shown} of {total} parameters that moved most",
    ),
    "wf_no_change": (
        "모든 구간에서 같은 매개변수를 골랐습니다.",
        "Every window chose the same parameters.",
    ),
    "cv_losing": (
        "중앙값 · 경로 {paths}개 중 {share}가 0 이하",
        "median · {share} of {paths} paths at 0 or below",
    ),
    "cv_paths": (
        "교차 검증 경로별 {metric}",
        "{metric} of the cross-validation paths",
    ),
    "cv_equity": ("교차 검증 경로의 자산", "Equity of the cross-validation paths"),
    "cv_path": ("경로", "Path"),
    "cv_share_of_paths": ("경로 수", "Paths"),
}
