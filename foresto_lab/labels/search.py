"""Words of how a search went, in its result and on the command line."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "search_how": (
        "{method} · 조합 {count}개 · {status} · {seconds}초",
        "{method} · {count} combinations · {status} · {seconds} s",
    ),
    "search_grid": ("전체 탐색", "Grid"),
    "search_random": ("무작위 탐색", "Random"),
    "search_genetic": ("유전 알고리즘", "Genetic"),
    "search_nsga2": ("NSGA-II", "NSGA-II"),
    "search_tpe": ("TPE (베이지안)", "TPE (Bayesian)"),
    "search_complete": ("완료", "complete"),
    "search_cancelled": ("취소됨 (일부 결과)", "cancelled (partial results)"),
    "search_time_limit": ("시간 제한 (일부 결과)", "time limit (partial results)"),
    "search_early_stop": ("조기 종료", "stopped early"),
}
