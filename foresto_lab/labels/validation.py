"""Words of walk-forwards and cross-validations, as notebooks and tables say them."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "train_objective": Measure(
        "목적 함수 (표본 내)", "Objective in sample", "ratio", "higher"
    ),
    "test_objective": Measure(
        "목적 함수 (표본 외)", "Objective out of sample", "ratio", "higher"
    ),
    "degradation": Measure(
        "표본 외 악화 폭", "Worse out of sample by", "ratio", "lower"
    ),
    "out_of_sample_years": Measure(
        "표본 외 기간 (년)", "Out-of-sample record, years", "ratio", "higher"
    ),
    "winning_windows": Measure(
        "이익 구간 비율", "Windows that gained", "percent", "higher"
    ),
    "median_degradation": Measure(
        "표본 외 악화 폭의 중앙값", "Median worse out of sample by", "ratio", "lower"
    ),
    "train_bars": Measure("학습 봉 수", "Train bars", "count"),
    "test_bars": Measure("검증 봉 수", "Test bars", "count"),
    "evaluated": Measure("평가한 조합", "Evaluated", "count"),
    "start_equity": Measure("시작 자산", "Equity at its start", "money"),
    "end_equity": Measure("종료 자산", "Equity at its end", "money", "higher"),
    "distinct": Measure("서로 다른 값", "Distinct values", "count", "lower"),
    "unchanged": Measure("그대로 둔 비율", "Kept from before", "percent", "higher"),
    "mean_step": Measure(
        "평균 이동 (공간 대비)", "Mean step, of the space", "percent", "lower"
    ),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "window_end": ("구간 종료 청산", "Window ended"),
    "wf_title": ("워크포워드", "Walk-forward"),
    "wf_summary": (
        "구간 {windows}개 · 조합 {count}개 평가 · 효율 {efficiency}",
        "{windows} windows · {count} combinations evaluated · efficiency {efficiency}",
    ),
    "wf_sureness": (
        "실제 샤프 지수가 0보다 클 확률 {probability} · 이익 구간 {winning}",
        "Probability of a true Sharpe above 0: {probability} · "
        "windows that gained: {winning}",
    ),
    "wf_test_span": ("검증 구간", "Test span"),
    "wf_chosen": ("선택한 매개변수", "Chosen parameters"),
    "wf_in_cash": ("현금 보유", "held cash"),
    "wf_more": ("구간 {count}개 더", "{count} more windows"),
    "cv_title": ("조합 교차 검증 (CPCV)", "Combinatorial cross-validation"),
    "cv_summary": (
        "그룹 {groups}개 중 {tested}개 검증 · 분할 {splits}개 · 경로 {paths}개 · "
        "제거 {purge}봉 · 유예 {embargo}봉",
        "{tested} of {groups} groups tested · {splits} splits · {paths} paths · "
        "purge {purge} bars · embargo {embargo} bars",
    ),
    "cv_figure": ("경로의 {metric}", "{metric} of the paths"),
    "cv_minimum": ("최솟값", "Minimum"),
    "cv_5%": ("하위 5%", "5th percentile"),
    "cv_median": ("중앙값", "Median"),
    "cv_95%": ("상위 5%", "95th percentile"),
    "cv_maximum": ("최댓값", "Maximum"),
    "cv_share_negative": ("0 미만인 경로", "Paths below 0"),
}
