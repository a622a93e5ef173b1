"""Findings in words: a short name for each code, and in Korean what it means.

A finding speaks English itself, with its numbers. Korean pages state the name, what
such a finding means and what to do; numbers and samples stand beside them.
"""

from __future__ import annotations

import re
from typing import Final

from foresto_lab.findings import Finding

_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "PRICE_MISSING": (
        "가격 누락",
        "Price missing",
        "종가가 비어 있거나 가격이 무한대입니다. 원본에서 채우거나 행을 지우십시오.",
    ),
    "PRICE_NOT_POSITIVE": (
        "0 이하 가격",
        "Price not positive",
        "가격이 0이거나 음수입니다. 원본에서 고치거나 행을 지우십시오.",
    ),
    "VOLUME_NEGATIVE": (
        "음수 거래량",
        "Volume negative",
        "거래량이 음수입니다. 열이 바르게 연결되었는지 확인하십시오.",
    ),
    "HIGH_BELOW_LOW": (
        "고가 < 저가",
        "High below low",
        "고가가 저가보다 낮습니다. 열이 바르게 연결되었는지 확인하십시오.",
    ),
    "DUPLICATE_KEY": (
        "중복 행",
        "Duplicate row",
        "종목과 날짜가 같은 행이 둘 이상입니다. 하나만 남기십시오.",
    ),
    "OUT_OF_ORDER": (
        "날짜 순서",
        "Out of order",
        "날짜가 윗 행보다 앞섭니다. 원인을 확인하고 날짜순으로 정렬하십시오.",
    ),
    "OUTSIDE_CALENDAR_YEARS": (
        "달력 범위 밖",
        "Outside the calendar",
        "거래소 달력이 모르는 해의 날짜입니다. 기간을 줄이거나 다른 달력을 쓰십시오.",
    ),
    "WEEKEND_ROW": (
        "주말 행",
        "Weekend row",
        "거래가 없는 주말의 행입니다. 지우거나, 매일 거래되면 24/7 달력을 고르십시오.",
    ),
    "NOT_DAILY": (
        "일간 자료 아님",
        "Not daily",
        "행의 간격이 대부분 닷새 이상입니다. 일간 가격을 적재하십시오.",
    ),
    "PRICE_JUMP": (
        "가격 급변",
        "Price jump",
        "수정 종가가 30% 넘게 움직였습니다. 분할·증자와 다른 출처를 대조하십시오.",
    ),
    "SPLIT_SUSPECTED": (
        "분할 의심",
        "Split suspected",
        "수정 종가가 분할 비율만큼 움직였습니다. 수정 주가를 적재하십시오.",
    ),
    "PRICE_OUTSIDE_RANGE": (
        "고저 범위 밖",
        "Outside the day's range",
        "시가나 종가가 고가와 저가 사이에 있지 않습니다. 다른 출처와 대조하십시오.",
    ),
    "OFF_CALENDAR_ROW": (
        "휴장일 행",
        "Row without a session",
        "거래소가 쉬는 날의 행입니다. 거래소 휴장일과 대조하십시오.",
    ),
    "MISSING_SESSION": (
        "거래일 누락",
        "Missing session",
        "거래일인데 행이 없습니다. 그날 거래되었다면 다른 출처에서 적재하십시오.",
    ),
    "STALE_TAIL": (
        "끝부분 정체",
        "Stale tail",
        "마지막 종가가 열흘 이상 같습니다. 아직 거래되는 종목인지 확인하십시오.",
    ),
    "ZERO_VOLUME": (
        "거래량 0",
        "No volume",
        "가격은 있으나 거래량이 없습니다. 그날의 거래는 가정입니다.",
    ),
    "EARLY_END": (
        "일찍 끝남",
        "Ends early",
        "다른 종목보다 열흘 이상 일찍 끝납니다. 아직 거래되면 새 가격을 적재하십시오.",
    ),
    "HISTORY_GAPS": (
        "거래일 누락",
        "Gaps in the history",
        "이력 안에 행이 없는 거래일이 있습니다. 다른 출처에서 적재하십시오.",
    ),
    "STALE_INSTRUMENT": (
        "오래된 종목",
        "Stale instrument",
        "새 가격이 오랫동안 없습니다. 새로 적재하거나 상장폐지를 확인하십시오.",
    ),
    "RETURNS_MISSING": (
        "수익률 누락",
        "Returns missing",
        "수익률이 가격보다 뒤처졌습니다. foresto data returns를 실행하십시오.",
    ),
    "NO_PRICES": (
        "가격 없음",
        "No prices",
        "자산군의 대표 종목에 가격이 없습니다. 적재하거나 다른 종목을 지정하십시오.",
    ),
    "PARTITION_HEADROOM": (
        "파티션 부족",
        "Partitions run out",
        "다음 달들의 파티션이 부족합니다. foresto db partitions를 실행하십시오.",
    ),
    "SILENT_RUN": (
        "응답 없는 실행",
        "Silent run",
        "실행 중인데 신호가 끊겼습니다. 작업 공간을 다시 열면 실패로 정리됩니다.",
    ),
    "ORPHAN_ARTIFACT": (
        "주인 없는 산출물",
        "Orphan artifact",
        "등록된 실행이 없는 산출물입니다. foresto db cleanup이 정리합니다.",
    ),
    "ARTIFACT_MISSING": (
        "산출물 누락",
        "Artifact missing",
        "완료된 실행의 산출물이 없습니다. 백업에서 복원하거나 다시 실행하십시오.",
    ),
    "LATE_START": (
        "늦은 시작",
        "Late start",
        "모든 자산의 가격이 있는 첫 날로 시작일이 늦춰졌습니다.",
    ),
    "END_NOT_REACHED": (
        "종료일 미도달",
        "End not reached",
        "가격이 요청한 종료일보다 먼저 끝납니다. 결과도 그날 끝납니다.",
    ),
}


def finding_name(code: str, language: str = "ko") -> str:
    """Return what a code is called; one that is not known here stands for itself."""
    if code not in _WORDS:
        return code
    korean, english, _ = _WORDS[code]
    return korean if language == "ko" else english


def finding_text(finding: Finding, language: str = "ko") -> str:
    """Return what was found and what to do about it, in the language of the page."""
    if language == "ko" and finding.code in _WORDS:
        return _WORDS[finding.code][2]
    return f"{finding.message} {finding.fix}".strip()


def finding_place(finding: Finding, language: str = "ko") -> str:
    """Return where a finding was made: a symbol, or how many."""
    if language == "ko":
        return re.sub(r"^([\d,]+) symbols?$", r"종목 \1개", finding.where)
    return finding.where


def finding_characters() -> frozenset[str]:
    """Return every character that these words are written with."""
    return frozenset("".join(part for words in _WORDS.values() for part in words))
