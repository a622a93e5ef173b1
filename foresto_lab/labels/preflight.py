"""Words of the preflight of a strategy."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # preflight of a strategy
    "report_preflight": ("사전 점검 보고서", "Preflight report"),
    "preflight_ready": ("실행할 수 있습니다", "ready to run"),
    "preflight_stopped": ("이대로는 실행할 수 없습니다", "cannot run as it is"),
    "preflight_predicted": ("예상 거래 {trades}회", "{trades} trades expected"),
    "preflight_condition": ("진입 조건", "Entry condition"),
    "preflight_conditions": ("진입 조건별 결과", "Entry conditions"),
    "preflight_side": ("방향", "Side"),
    "preflight_long": ("매수", "long"),
    "preflight_short": ("공매도", "short"),
    "preflight_held": ("성립 비율", "Held"),
    "preflight_held_bars": ("성립 봉 수", "Bars held"),
    "preflight_nearest_miss": ("가장 가까웠던 때", "Nearest miss"),
    "preflight_suggestion": ("제안", "Suggestion"),
    "preflight_explanation": ("거래가 없는 까닭", "Why it would not trade"),
    "preflight_lowest": ("최저 {left} ({time})", "lowest {left} on {time}"),
    "preflight_highest": ("최고 {left} ({time})", "highest {left} on {time}"),
    "preflight_nearest": (
        "{time}에 {name} {left}, 기준 {right}, 차이 {distance}",
        "{name} {left} against {right} on {time}, {distance} away",
    ),
    "preflight_others_held": (
        "다른 조건은 모두 성립",
        "all the others held there",
    ),
    "preflight_held_share": (
        "{share} 성립 (봉 {known}개 중 {held}개)",
        "held on {share} ({held} of {known} bars)",
    ),
    "preflight_condition_never_held": (
        "조건 {text} 은(는) 봉 {bars}개에서 한 번도 성립하지 않았습니다",
        "{text} never held on {bars} bars",
    ),
    "preflight_never_known": (
        "조건 {text} 에 쓰이는 값이 어느 봉에도 없습니다.",
        "{text} could be judged on no bar: its values are nowhere defined.",
    ),
    "preflight_pair_never_together": (
        "{first} 와(과) {second} 은(는) 각각 성립하지만 봉 {bars}개에서 "
        "동시에 성립한 적이 없습니다.",
        "{first} and {second} each hold, but on none of {bars} bars both.",
    ),
    "preflight_pair": (
        "{first} 와(과) {second}: 동시에 성립한 봉이 없습니다",
        "{first} and {second}: never on the same bar",
    ),
    "preflight_never_all_together": (
        "조건이 하나씩은 성립하지만 봉 {bars}개에서 모두 함께 성립한 적이 없습니다.",
        "Each condition holds, but on none of {bars} bars all of them.",
    ),
    "preflight_never_signalled": (
        "전략이 봉 {bars}개에서 진입 신호를 한 번도 내지 않았습니다.",
        "The strategy signalled an entry on none of {bars} bars.",
    ),
    "preflight_entries_too_late": (
        "진입 신호가 마지막 봉에만 있어 체결될 다음 봉이 없습니다.",
        "The only entry signal is on the last bar, so no bar is left to fill it.",
    ),
    "preflight_shorts_not_allowed": (
        "진입 신호 {signals}개가 모두 공매도인데 공매도가 허용되지 않았습니다.",
        "All {signals} entry signals are short, and shorts are not allowed.",
    ),
    "preflight_never_filled": (
        "진입 신호 {signals}개가 있었지만 하나도 체결되지 않았습니다.",
        "There were {signals} entry signals, and none could be filled.",
    ),
    "preflight_capital_too_small": (
        "자본 {available}(으)로는 한 단위도 살 수 없습니다. 가장 쌀 때 "
        "{required}이(가) 필요해 {missing}이(가) 모자랍니다.",
        "A capital of {available} buys not one lot: at its cheapest one takes "
        "{required}, so {missing} is missing.",
    ),
    "preflight_span_too_short": (
        "봉이 {available}개뿐입니다. 지표에 {required}개가 필요해 {missing}개가 "
        "모자랍니다.",
        "{available} candles are too few: the indicators take {required}, so "
        "{missing} are missing.",
    ),
    "preflight_would_trade_at": (
        "{text} 의 {before}을(를) {after}(으)로 바꾸면 {times} 거래합니다.",
        "{text}: at {after} instead of {before} it would have traded {times}.",
    ),
    "preflight_would_trade_without": (
        "{text} 조건을 빼면 {times} 거래합니다.",
        "Without {text} it would have traded {times}.",
    ),
    "preflight_raise_capital": (
        "자본을 {amount} 이상으로 늘리십시오.",
        "Start with a capital of at least {amount}.",
    ),
    "preflight_load_more": (
        "봉을 {missing}개 이상 더 적재하거나 지표 기간을 줄이십시오.",
        "Load at least {missing} more candles, or shorten the indicators' periods.",
    ),
}
