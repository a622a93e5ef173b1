"""Findings of searches and walk-forwards in words, as ``finding_words`` has others."""

from __future__ import annotations

from typing import Final

SEARCH_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "SEARCH_STOPPED": (
        "중단된 탐색",
        "Search stopped",
        "탐색이 끝나기 전에 멈춘 일부 결과입니다. 제한 없이 다시 실행하면 이어서 "
        "끝까지 탐색합니다.",
    ),
    "WALK_FORWARD_STOPPED": (
        "중단된 워크포워드",
        "Walk-forward stopped",
        "끝나기 전에 멈춰, 그때까지의 구간만 있습니다.",
    ),
    "NO_OBJECTIVE_VALUE": (
        "목적 함수 값 없음",
        "No objective value",
        "목적 함수의 값이 있는 조합이 하나도 없어 최고 조합이 없습니다. 거래나 분산이 "
        "없으면 비율은 정의되지 않습니다.",
    ),
    "OBJECTIVE_UNDEFINED": (
        "정의되지 않은 값",
        "Objective undefined",
        "목적 함수의 값이 없는 조합이 있으며, 순위의 끝에 놓입니다.",
    ),
    "TRIALS_WITHOUT_TRADES": (
        "거래 없는 조합",
        "Trials without trades",
        "한 번도 거래하지 않은 조합이 있습니다.",
    ),
    "NO_FEASIBLE_TRIAL": (
        "조건을 지킨 조합 없음",
        "No feasible trial",
        "제약 조건을 모두 지킨 조합이 없습니다. 조건을 풀거나 다른 범위를 "
        "탐색하십시오.",
    ),
    "BEST_AT_EDGE": (
        "범위 끝의 최고 조합",
        "Best at the edge",
        "최고 조합이 탐색 범위의 끝에 있습니다. 더 나은 값이 범위 밖에 있을 수 "
        "있습니다.",
    ),
    "CHECKPOINT_NOT_WRITTEN": (
        "남기지 못한 중간 기록",
        "Checkpoint not written",
        "탐색의 중간 기록을 저장하지 못했습니다. 멈추면 그만큼 다시 계산합니다.",
    ),
    "ASSESSMENT_CUT_SHORT": (
        "중단된 판정",
        "Assessment cut short",
        "과최적화를 판단하다 멈췄습니다. 같은 탐색을 다시 실행하면 판정이 나옵니다.",
    ),
    "BARS_LEFT_OUT": (
        "쓰지 않은 봉",
        "Bars left out",
        "어느 구간에도 들지 않아 쓰지 않은 봉이 있습니다.",
    ),
    "CLOSED_AT_WINDOW_END": (
        "구간 끝의 청산",
        "Closed at a window's end",
        "구간이 끝날 때 열려 있던 포지션은 마지막 종가에 비용을 내고 청산했습니다.",
    ),
    "WINDOW_HOLDS_CASH": (
        "현금을 보유한 구간",
        "Window in cash",
        "고를 조합이 없어 현금을 보유한 구간이 있습니다.",
    ),
}
"""By code: the name in Korean and in English, and in Korean what it means."""
