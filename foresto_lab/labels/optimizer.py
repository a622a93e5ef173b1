"""Words of the optimizer."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "optimizer_title": ("최적화", "Optimizer"),
    "optimizer_ranges": ("찾을 범위", "Ranges to search"),
    "optimizer_range_hint": (
        "작은값:큰값:간격 또는 a,b,c",
        "low:high:step, or a,b,c",
    ),
    "optimizer_method": ("방법", "Method"),
    "optimizer_trials": ("시도 횟수", "Trials"),
    "optimizer_objective": ("목표", "Objective"),
    "optimizer_constraints": ("조건 (한 줄에 하나)", "Constraints (one a line)"),
    "optimizer_constraints_hint": (
        "예: fast_period < slow_period, max_drawdown > -0.3, total_trades >= 30",
        "e.g. fast_period < slow_period, max_drawdown > -0.3, total_trades >= 30",
    ),
    "optimizer_search": ("탐색", "Search"),
    "optimizer_start": ("탐색 시작", "Start the search"),
    "optimizer_cancel": ("중단", "Cancel"),
    "optimizer_planned": ("조합 최대 {count}개", "Up to {count} combinations"),
    "optimizer_preparing": (
        "준비하는 중입니다. 처음에는 1분까지 걸립니다.",
        "Getting ready; the first time this takes up to a minute.",
    ),
    "optimizer_cancelling": ("중단하는 중입니다.", "Ending the search."),
    "optimizer_done_of": ("{done} / {total}", "{done} of {total}"),
    "optimizer_remaining": ("남은 시간 {time}", "{time} left"),
    "optimizer_elapsed": ("{time} 지남", "{time} so far"),
    "optimizer_best_so_far": (
        "지금까지 최고 {metric} {value}",
        "Best {metric} so far {value}",
    ),
    "optimizer_partial": ("일부 결과", "Partial results"),
    "optimizer_partial_hint": (
        "탐색을 끝까지 하지 않았습니다. 아래는 그때까지 찾은 것입니다.",
        "The search was not finished. Below is what it had found until then.",
    ),
    "optimizer_verdict": ("판정", "Verdict"),
    "optimizer_verdict_unknown": ("판정할 수 없음", "No verdict"),
    "optimizer_map": ("탐색 지도", "Map of the search"),
    "optimizer_map_hint": (
        "칸을 누르면 그 조합의 백테스트를 엽니다.",
        "Click a cell to open its backtest.",
    ),
    "optimizer_x": ("가로축", "Across"),
    "optimizer_y": ("세로축", "Up"),
    "optimizer_axis_chosen": ("자동", "automatic"),
    "optimizer_top": ("가장 좋은 조합", "Best combinations"),
    "optimizer_open": ("백테스트 열기", "Open its backtest"),
    "optimizer_trial": ("시도", "Trial"),
    "optimizer_opened": ("시도 #{trial}: {parameters}", "Trial #{trial}: {parameters}"),
    "optimizer_registered": (
        "실행 {run_id}, 요청 {hash}",
        "Run {run_id}, request {hash}",
    ),
}
