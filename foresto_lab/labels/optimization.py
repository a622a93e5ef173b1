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
    "opt_of_best": (
        "전체 {total}개 중 상위 {kept}개로 그림",
        "drawn from the best {kept} of {total}",
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
    "opt_importance_overlap": (
        "좋은 곳을 더 탐색한 표본이라 몫이 겹침",
        "shares overlap: the search looked more at good regions",
    ),
    "opt_main_effect": ("혼자서", "Alone"),
    "opt_pair_effect": ("다른 하나와 함께", "Together with another"),
    # figures of the search
    "opt_generations": ("세대별 {metric}, 다양성", "{metric} by generation"),
    "opt_generation": ("세대", "Generation"),
    "opt_best_so_far": ("지금까지 최고", "Best so far"),
    "opt_best_of_generation": ("세대의 최고", "Best of the generation"),
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
    "opt_walk": (
        "지난 구간에서 고르고 다음 구간에서 거래한 수익",
        "Chosen on the past, traded on what came next",
    ),
    "opt_walk_note": (
        "봉을 16묶음으로 나누어 앞선 묶음에서 가장 좋았던 조합을 다음 묶음에서 거래 "
        "(단리 합계)",
        "16 blocks of bars; the best on all blocks before trades the next "
        "(simple returns summed)",
    ),
    "opt_walked": ("워크포워드 (표본 외)", "Walk-forward (out of sample)"),
    "opt_hindsight": (
        "모든 구간을 알고 고른 조합 (표본 내)",
        "Chosen knowing all of it (in sample)",
    ),
    "opt_share_of_bars": ("탐색 기간 중 위치", "Place in the bars searched"),
    "opt_summed_return": ("수익률 합계", "Return, summed"),
    "opt_no_walk": (
        "구간별 수익을 계산하지 않았습니다.",
        "Returns by block were not computed.",
    ),
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
    # the page of a walk-forward
    "wf_part_stability": ("매개변수의 안정성", "How stable the parameters were"),
    "wf_held": (
        "표본 내 성과의 절반 이상이 표본 외에 남았습니다",
        "Half or more of what was found in sample was kept out of sample",
    ),
    "wf_faded": (
        "표본 외에서 벌었지만, 표본 내 성과의 대부분은 사라졌습니다",
        "It earned out of sample, but most of what was found in sample was gone",
    ),
    "wf_lost": (
        "표본 외에서 벌지 못했습니다",
        "It earned nothing out of sample",
    ),
    "wf_say_windows": (
        "구간 {total}개 가운데 {won}개에서 이익을 냈습니다.",
        "{won} of {total} windows ended with a gain.",
    ),
    "wf_say_sharpe": (
        "샤프 지수: 표본 내 평균 {inside}, 표본 외 {outside}.",
        "Sharpe ratio: {inside} on average in sample, {outside} out of sample.",
    ),
    "wf_say_efficiency": (
        "표본 외 연 수익률은 표본 내 평균의 {efficiency}입니다.",
        "The annual return out of sample was {efficiency} of that in sample.",
    ),
    "wf_say_cash": (
        "구간 {count}개는 고를 조합이 없어 현금을 보유했습니다.",
        "In {count} windows nothing could be chosen, and cash was held.",
    ),
    "wf_no_efficiency": (
        "표본 내 수익률이 0 이하여서 효율을 정의할 수 없습니다.",
        "In sample nothing was earned, so there is no efficiency.",
    ),
    "wf_train": ("학습 구간의 길이", "Length of train spans"),
    "wf_test": ("검증 구간의 길이", "Length of test spans"),
    "wf_step": ("이동 간격", "Step"),
    "wf_anchored": ("시작 고정", "Anchored"),
    "wf_embargo": ("유예 (봉)", "Embargo (bars)"),
    "wf_in_bars": ("{count}봉", "{count} bars"),
    "wf_stability_note": (
        "값이 구간마다 크게 바뀌면, 고른 값보다 우연이 결과를 정했을 수 있습니다.",
        "Where values jump from window to window, chance may have chosen them.",
    ),
    "wf_train_span": ("학습 구간", "Train span"),
    "wf_window_return": ("구간 수익률", "Return"),
    "wf_lowest": ("최소", "Lowest"),
    "wf_highest": ("최대", "Highest"),
    "opt_objective_is": ("{metric} 기준", "by {metric}"),
    # the page of a search
    "report_optimization": ("최적화 보고서", "Optimisation report"),
    "report_walk_forward": ("워크포워드 보고서", "Walk-forward report"),
    "opt_combinations": ("조합 {count}개", "{count} combinations"),
    "opt_most": ("{metric} 최대", "highest {metric}"),
    "opt_least": ("{metric} 최소", "lowest {metric}"),
    "opt_partial": (
        "탐색이 끝나기 전에 멈췄습니다 ({status}). 조합 {count}개까지의 결과입니다.",
        "The search was stopped before its end ({status}): results of {count} "
        "combinations so far.",
    ),
    "opt_verdict": ("판정: {level}", "Verdict: {level}"),
    "opt_robust_means": (
        "운으로 보기 어렵고, 고른 뒤의 봉에서도 벌었습니다. 앞날을 보장하지는 "
        "않습니다.",
        "Luck is no explanation, and it earned on bars after those it was chosen on. "
        "That is no promise of what comes.",
    ),
    "opt_doubtful_means": (
        "믿기에는 이릅니다. 아래 이유를 풀기 전에는 돈을 걸지 마십시오.",
        "It is too early to believe it. Stake no money before the reasons below are "
        "resolved.",
    ),
    "opt_overfitted_means": (
        "이 결과는 운으로 설명됩니다. 가장 좋은 조합을 그대로 쓰지 마십시오.",
        "Luck explains this result. Do not use the best combination as it stands.",
    ),
    "opt_no_verdict": (
        "과최적화 여부를 판단하지 않았습니다.",
        "Nothing is said of overfitting.",
    ),
    "opt_parameter": ("매개변수", "Parameter"),
    "opt_space": ("탐색 범위", "Searched"),
    "opt_best_parameters": ("선택한 매개변수", "Chosen parameters"),
    "opt_limits": ("제약 조건: {limits}", "Limits: {limits}"),
    "opt_step": ("간격 {step}", "step {step}"),
    "opt_log": ("로그 척도", "log scale"),
    "opt_rank": ("순위", "Rank"),
    "opt_top": ("상위 조합", "Best combinations"),
    "opt_top_of": (
        "조건을 만족하고 값이 있는 조합 {total}개 중 {shown}개",
        "{shown} of {total} combinations that meet the limits and have a value",
    ),
    "opt_statistics": ("통계와 그 뜻", "Statistics and what they say"),
    "opt_meaning": ("뜻", "What it says"),
    "opt_part": ("구간", "Part"),
    "opt_part_train": ("학습", "Train"),
    "opt_part_validation": ("검증", "Validation"),
    "opt_part_test": ("시험", "Test"),
    "opt_parts": ("선택한 조합의 구간별 성과", "The chosen combination on each part"),
    "opt_no_split": (
        "모든 봉에서 탐색했으므로, 위 성과는 모두 표본 내 성과입니다. 처음 보는 "
        "구간의 성과는 분할(split)이나 워크포워드로 확인하십시오.",
        "The search looked at all bars, so every figure above is in sample. A split "
        "or a walk-forward shows figures on bars it has not seen.",
    ),
    "opt_ledger": (
        "이 전략은 이 데이터로 지금까지 {trials}번 시험되었습니다. 이번 탐색이 그 "
        "가운데 {here}번입니다.",
        "This strategy has been tried {trials} times on these data, {here} of them in "
        "this search.",
    ),
    "opt_ledger_means": (
        "이만큼 시험하면 실력이 없어도 가장 좋은 샤프 지수가 {noise} 정도는 됩니다.",
        "After so many tries the best Sharpe ratio comes to about {noise} even without "
        "any edge.",
    ),
    "opt_part_landscape": ("매개변수와 성과", "Parameters and performance"),
    "opt_part_search": ("탐색 과정", "How the search went"),
    "opt_part_belief": ("믿을 수 있는가", "Whether to believe it"),
    "opt_part_settings": ("탐색 설정", "How it was searched"),
    "opt_method": ("탐색 방법", "Method"),
    "opt_method_terms": ("방법의 설정", "Terms of the method"),
    "opt_objective": ("찾은 것", "Searched for"),
    "opt_where": ("매개변수 사이의 조건", "Between parameters"),
    "opt_bounds": ("성과에 대한 조건", "Bounds on figures"),
    "opt_points": ("공간의 크기 (조건 전)", "Points of the space, before limits"),
    "opt_continuous": ("연속", "continuous"),
    "opt_seed": ("탐색의 난수 시드", "Seed of the search"),
}

MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "trials": (
        "이번 탐색에서 평가한 조합의 수입니다.",
        "Combinations that this search evaluated.",
    ),
    "prior_trials": (
        "이 전략을 이 데이터로 예전에 시험한 횟수입니다. 세션과 방법을 가리지 않고 "
        "모두 셉니다.",
        "How often the strategy was tried on these data before, in any session and by "
        "any method.",
    ),
    "effective_trials": (
        "서로 닮은 조합을 하나로 보았을 때의 시도 수입니다.",
        "How many trials there are when those alike count as one.",
    ),
    "luck_probability": (
        "판정을 정하는 값입니다. 실력이 없을 때 이만큼 좋은 최고 조합이 나올 "
        "확률이며, 1%를 넘으면 과최적화로 봅니다.",
        "It decides the verdict: how probable a best as good as this is without any "
        "edge. Above 1% it is overfitted.",
    ),
    "market_beta": (
        "수익 가운데 시장을 들고만 있어도 얻었을 몫의 크기입니다.",
        "How much of the market the best held on average.",
    ),
    "best_sharpe": (
        "무위험 수익률 0, 연 단위로 환산한 값입니다.",
        "Against a risk-free rate of 0, a year.",
    ),
    "sharpe_deviation": (
        "시도한 조합들의 샤프 지수가 흩어진 정도입니다.",
        "How far apart the Sharpe ratios of all trials lie.",
    ),
    "return_skewness": (
        "음수이면 드문 큰 손실이 있습니다.",
        "Below 0 there are rare large losses.",
    ),
    "return_kurtosis": (
        "3보다 크면 극단적인 봉이 정규분포보다 잦습니다.",
        "Above 3 extreme bars are more frequent than under a normal law.",
    ),
    "probabilistic_sharpe_ratio": (
        "이 조합 하나만 시험했다면, 참 샤프 지수가 0보다 클 확률입니다.",
        "The probability that the true Sharpe ratio is above 0, had this been the only "
        "trial.",
    ),
    "expected_maximum_sharpe": (
        "실력이 없는 조합들이 이만큼 흩어져 있을 때 최고 조합에서 기대되는 값입니다.",
        "What the best of as many trials, as far apart as these, shows without edge.",
    ),
    "deflated_sharpe_ratio": (
        "시도 횟수를 감안해, 참 샤프 지수가 우연의 기대 최댓값보다 클 "
        "확률입니다. 보통 95% 이상을 요구합니다.",
        "The probability that the true Sharpe ratio is above the best to expect of "
        "luck, given all trials. 95% or more is usually asked.",
    ),
    "minimum_track_record_years": (
        "이 샤프 지수가 95% 확률로 0보다 크다고 말하는 데 필요한 기록의 길이입니다.",
        "How long a record must be to say with 95% that this Sharpe ratio is above 0.",
    ),
    "minimum_backtest_years": (
        "이만큼 시도할 때 우연만으로 샤프 지수 1에 이르지 않으려면 필요한 길이입니다.",
        "How long the data must be for luck not to reach a Sharpe ratio of 1 after so "
        "many trials.",
    ),
    "history_years": ("탐색에 쓴 봉의 길이입니다.", "How long the searched bars are."),
    "probability_of_overfitting": (
        "기간의 절반에서 최고인 조합이 나머지 절반에서 중앙값에 못 미치는 "
        "비율입니다. 절반이면 순위를 믿을 수 없습니다.",
        "How often the best of half the bars ranks below the median of the other "
        "half. At one half, ranks tell nothing.",
    ),
    "loss_out_of_sample": (
        "기간의 절반에서 최고인 조합이 나머지 절반에서 잃는 비율입니다.",
        "How often the best of half the bars loses in the other half.",
    ),
    "overfitting_slope": (
        "0보다 작으면 표본 내에서 좋아 보일수록 표본 외에서 못했습니다.",
        "Below 0, the better it looked in sample the worse it did out of it.",
    ),
    "spa_lower": (
        "한젠의 검정에서 가장 너그러운 값입니다.",
        "The most lenient value of Hansen's test.",
    ),
    "spa_consistent": (
        "어느 조합도 기준을 이기지 못하는데 이만큼 좋아 보일 확률입니다 (한젠의 SPA).",
        "How probable such a best is if no combination beats the benchmark (Hansen's "
        "SPA).",
    ),
    "spa_upper": (
        "한젠의 검정에서 가장 엄격한 값입니다.",
        "The strictest value of Hansen's test.",
    ),
    "reality_check": (
        "같은 물음에 대한 화이트의 검정입니다. 못한 조합이 많으면 더 보수적입니다.",
        "White's test of the same question; poor combinations make it more cautious.",
    ),
    "plateau_score": (
        "이웃한 조합이 1에 가까우면 최고만큼, 0이면 보통만큼 합니다.",
        "Near 1 the neighbours do as well as the best, at 0 as a typical trial.",
    ),
    "walked_in_sample": (
        "지난 봉에서 최고인 조합이 그때까지 보인 값의 평균입니다.",
        "What the best on past bars had shown until then, on average.",
    ),
    "walked_out_of_sample": (
        "그 조합이 바로 다음 봉들에서 보인 값입니다.",
        "What the same combinations showed on the bars that came next.",
    ),
    "sharpe_kept": (
        "약속한 샤프 지수 가운데 다음 봉들에 남은 몫입니다.",
        "How much of the promised Sharpe ratio was left on the bars that came next.",
    ),
    "compared_trials": (
        "통계에 쓴 조합의 수입니다. 많으면 고르게 뽑습니다.",
        "Combinations that the statistics rest on; an even draw of very many.",
    ),
    "compared_stretches": (
        "봉을 이만큼의 묶음으로 더해 비교했습니다.",
        "Into how many stretches the bars were summed to compare them.",
    ),
}
"""What each statistic says, in a sentence."""
