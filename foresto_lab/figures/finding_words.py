"""Findings in words: a short name for each code, and in Korean what it means.

A finding speaks English itself, with its numbers. Korean pages state the name, what
such a finding means and what to do; numbers and samples stand beside them.
"""

from __future__ import annotations

import re
from typing import Final

from foresto_lab.figures.search_finding_words import SEARCH_WORDS
from foresto_lab.findings import Finding

_WORDS: Final[dict[str, tuple[str, str, str]]] = SEARCH_WORDS | {
    "FLOW_MOVED": (
        "옮겨진 현금 흐름",
        "Cash flow moved",
        "거래일이 아닌 날의 납입과 인출은 다음 거래일로 옮겼습니다.",
    ),
    "NO_WHOLE_SHARE": (
        "한 주도 못 산 종목",
        "No whole share",
        "배정된 금액이 한 주 가격보다 적어 사지 못했고, 그 돈은 현금으로 남습니다. "
        "금액이나 비중을 늘리십시오.",
    ),
    "FLOW_OUTSIDE": (
        "기간 밖 현금 흐름",
        "Cash flow outside",
        "기간 밖의 납입과 인출은 넣지 않았습니다. 첫날의 돈은 초기 금액에 넣으십시오.",
    ),
    "FLOW_NEVER_DUE": (
        "돌아오지 않는 현금 흐름",
        "Cash flow never due",
        "기간 안에 한 번도 돌아오지 않는 납입이나 인출이 있습니다. 주기나 시작일을 "
        "고치십시오.",
    ),
    "FLOW_INVEST_MIXED": (
        "섞인 투자 방식",
        "Ways to invest mixed",
        "같은 날의 납입과 인출이 투자 방식이 달라, 합쳐서 목표 비중대로 처리했습니다.",
    ),
    "FEW_INDEPENDENT_WINDOWS": (
        "독립된 기간 부족",
        "Few independent windows",
        "기간이 서로 크게 겹칩니다. 비율을 확률이 아니라 과거 기록으로 읽으십시오.",
    ),
    "NO_INFLATION": (
        "물가 미반영",
        "No inflation",
        "인출액이 물가를 따라 오르지 않아 해마다 구매력이 줄어듭니다.",
    ),
    "INFLATION_NOT_KNOWN": (
        "물가 자료 없음",
        "Inflation not known",
        "물가 자료가 없는 기간의 가격은 쓰지 않았습니다.",
    ),
    "ROWS_NOT_DAILY": (
        "일별 아닌 가격",
        "Rows not daily",
        "가격이 일별이 아닌데 변동성과 비율은 한 해 252행으로 계산됩니다. "
        "fl.performance로 주기를 지정해 다시 구하십시오.",
    ),
    "MARKET_NOT_KNOWN": (
        "시장 미지정",
        "Market not known",
        "시장을 알 수 없는 종목에는 증권거래세를 매기지 않았습니다. 종목의 시장을 "
        "지정하십시오.",
    ),
    "SHORT_HISTORY": (
        "짧은 이력",
        "Short history",
        "이력이 짧아 연간 수치와 앞날의 추정이 불확실합니다. 더 긴 가격 이력을 "
        "불러오십시오.",
    ),
    "LONG_BLOCKS": (
        "긴 블록",
        "Long blocks",
        "블록이 이력의 10분의 1보다 길어, 앞날이 과거의 긴 구간을 되풀이합니다. "
        "블록을 줄이거나 더 긴 이력을 불러오십시오.",
    ),
    "COSTS_NOT_CHARGED": (
        "비용 미반영",
        "Costs not charged",
        "시장을 알 수 없는 종목에는 시장별 비용을 매기지 않았습니다. 종목의 시장을 "
        "지정하십시오.",
    ),
    "FACTS_OF_OTHER_ASSETS": (
        "가격이 없는 종목의 정보",
        "Facts of other assets",
        "통화나 시장을 지정한 종목의 가격이 없습니다. 이름을 확인하십시오.",
    ),
    "IMPACT_NOT_KNOWN": (
        "시장 충격 미산정",
        "Impact not known",
        "거래 자료가 부족한 거래일에는 시장 충격 비용을 넣지 않았습니다. 시작일 "
        "한 달 전부터의 가격과 거래대금을 넣으십시오.",
    ),
    "EXCHANGE_RATE_CARRIED": (
        "환율 이월",
        "Exchange rate carried",
        "환율이 없는 거래일에는 마지막 환율을 썼습니다(최대 5거래일).",
    ),
    "PRICE_CARRIED": (
        "가격 이월",
        "Price carried",
        "다른 시장의 휴장일에는 마지막 종가를 썼습니다(최대 5거래일).",
    ),
    "CLOSE_KNOWN_LATER": (
        "늦게 알려지는 종가",
        "Close known later",
        "뒤에 마감하는 시장의 종가는 하루 전 것을 씁니다. 그때까지 알려진 마지막 "
        "종가이기 때문입니다.",
    ),
    "NO_TRADES": (
        "거래 없음",
        "No trades",
        "한 번도 거래하지 않았습니다. 사전 점검이 어느 조건 때문인지 알려 줍니다.",
    ),
    "PASSED_OVER": (
        "건너뛴 종목",
        "Passed over",
        "거래가 없거나 남은 현금으로 한 단위를 살 수 없어 다음 순위로 넘어갔습니다.",
    ),
    "SOLD_AT_DELISTING": (
        "상장 폐지 매도",
        "Sold at delisting",
        "봉이 먼저 끝난 종목을 마지막 종가에 판 것으로 봅니다.",
    ),
    "SHORTS_LEFT_OUT": (
        "공매도 제외",
        "Shorts left out",
        "여러 종목의 현금 계좌는 공매도하지 않습니다. 매수 청산에만 쓰입니다.",
    ),
    "ORDER_TOO_SMALL": (
        "주문이 너무 작음",
        "Order too small",
        "한 단위나 최소 주문 금액에 못 미쳐 체결되지 않은 주문이 있습니다. 자본이나 "
        "비중을 늘리십시오.",
    ),
    "LIQUIDATED": (
        "강제 청산",
        "Liquidated",
        "증거금을 모두 잃은 포지션이 있습니다. 레버리지를 낮추거나 손절을 좁히십시오.",
    ),
    "OPEN_AT_END": (
        "미청산 포지션",
        "Open at the end",
        "마지막 포지션이 아직 열려 있어 마지막 종가로 평가했습니다.",
    ),
    "FILLED_AT_SIGNAL_CLOSE": (
        "신호 종가에 체결",
        "Filled at the signal's close",
        "신호를 낸 바로 그 종가에 체결된다고 가정했습니다.",
    ),
    "NOTHING_LEFT_TO_ADD": (
        "추가 진입할 현금 없음",
        "Nothing left to add",
        "첫 진입이 현금을 모두 씁니다. 현금을 남기는 비중을 고르십시오.",
    ),
    "FUNDING_OUTSIDE_CANDLES": (
        "기간 밖 펀딩",
        "Funding outside the candles",
        "펀딩 비율이 모두 봉의 기간 밖에 있어 반영되지 않았습니다.",
    ),
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
    "NEVER_TRADED": (
        "매매 없음",
        "Never traded",
        "이 기간에 한 번도 매매하지 않아, 리밸런싱을 하지 않은 경우와 같습니다.",
    ),
    "NO_BASE_DAY": (
        "기준일 없음",
        "No base day",
        "정해진 날짜에 매매하지 않는 규칙이라 기준일의 운을 잴 수 없어 제외했습니다.",
    ),
    # a strategy before it runs
    "STRATEGY_MALFORMED": (
        "전략 형식 오류",
        "Strategy malformed",
        "전략이나 그 값의 형식이 잘못되었습니다. 위치에 적힌 값을 고치십시오.",
    ),
    "STRATEGY_KEY_UNKNOWN": (
        "알 수 없는 항목",
        "Unknown key",
        "전략에 뜻이 없는 항목이 있습니다. 이름의 철자를 확인하십시오.",
    ),
    "STRATEGY_UNREADABLE": (
        "전략을 읽을 수 없음",
        "Strategy unreadable",
        "주어진 것에서 전략을 만들 수 없습니다. 이름이나 파일을 확인하십시오.",
    ),
    "NO_ENTRY": (
        "진입 조건 없음",
        "No entry",
        "매수나 공매도 조건이 없습니다. 진입 조건을 넣으십시오.",
    ),
    "SELL_CONDITIONS_MISSING": (
        "매도 조건 없음",
        "No sell conditions",
        "매수 포지션을 닫는 신호가 없습니다. 매도 조건이나 손절을 넣으십시오.",
    ),
    "COVER_CONDITIONS_MISSING": (
        "환매 조건 없음",
        "No cover conditions",
        "공매도 포지션을 닫는 신호가 없습니다. 환매 조건이나 손절을 넣으십시오.",
    ),
    "INDICATOR_MALFORMED": (
        "지표 형식 오류",
        "Indicator malformed",
        "지표 항목의 형식이나 이름이 잘못되었습니다. 위치를 확인하십시오.",
    ),
    "INDICATOR_UNKNOWN": (
        "없는 지표",
        "Unknown indicator",
        "그런 이름의 지표가 없습니다. 가까운 이름을 확인하십시오.",
    ),
    "INDICATOR_UNUSED": (
        "쓰이지 않는 지표",
        "Unused indicator",
        "어느 조건도 이 지표를 보지 않습니다. 빼거나 조건에 쓰십시오.",
    ),
    "INDICATOR_NOT_ACTIVE": (
        "비활성 지표",
        "Inactive indicator",
        "등록소에서 비활성화된 지표입니다. 다시 켜거나 새 버전을 쓰십시오.",
    ),
    "INDICATOR_WITHOUT_OUTPUT": (
        "출력 없는 지표",
        "Indicator without output",
        "지표가 내는 열이 없습니다. 출력을 선언하십시오.",
    ),
    "PARAMETER_UNKNOWN": (
        "없는 매개변수",
        "Unknown parameter",
        "지표에 그런 매개변수가 없습니다. 이름을 확인하십시오.",
    ),
    "PARAMETER_WRONG": (
        "잘못된 매개변수",
        "Wrong parameter",
        "매개변수의 형식이나 범위가 맞지 않습니다. 허용 범위 안에서 고르십시오.",
    ),
    "CONDITIONS_MALFORMED": (
        "조건 목록 오류",
        "Conditions malformed",
        "조건은 목록이나 하나의 조건이어야 합니다.",
    ),
    "CONDITIONS_EMPTY": (
        "빈 조건 목록",
        "Empty conditions",
        "조건 목록이 비었습니다. 조건을 넣거나 항목을 지우십시오.",
    ),
    "CONDITIONS_TOO_DEEP": (
        "너무 깊은 조건",
        "Conditions too deep",
        "조건이 64단계보다 깊게 겹쳤습니다. 펼쳐 쓰십시오.",
    ),
    "CONDITIONS_TOO_MANY": (
        "너무 많은 조건",
        "Too many conditions",
        "조건이 2,000개를 넘습니다. 줄이거나 파이썬으로 쓰십시오.",
    ),
    "CONDITION_MALFORMED": (
        "조건 형식 오류",
        "Condition malformed",
        "조건의 형식이 잘못되었거나 빠진 항목이 있습니다.",
    ),
    "CONDITION_KEY_UNKNOWN": (
        "조건의 알 수 없는 항목",
        "Unknown key of a condition",
        "조건에 뜻이 없는 항목이 있습니다. 이름의 철자를 확인하십시오.",
    ),
    "CONDITION_CONSTANT": (
        "늘 같은 조건",
        "Constant condition",
        "숫자끼리만 비교해 모든 봉에서 같습니다. 열을 비교하십시오.",
    ),
    "OPERATOR_UNKNOWN": (
        "없는 연산자",
        "Unknown operator",
        "그런 연산자가 없습니다. 쓸 수 있는 연산자를 확인하십시오.",
    ),
    "OPERAND_MALFORMED": (
        "피연산자 오류",
        "Operand malformed",
        "피연산자를 읽을 수 없습니다. 열, 숫자, close[-1] 또는 산술로 쓰십시오.",
    ),
    "NUMBER_NOT_FINITE": (
        "유한하지 않은 수",
        "Number not finite",
        "수가 NaN이거나 무한대이거나 너무 큽니다. 유한한 수를 쓰십시오.",
    ),
    "COLUMN_UNKNOWN": (
        "없는 열",
        "Unknown column",
        "그런 이름의 열이 없습니다. 가까운 이름을 확인하십시오.",
    ),
    "COLUMN_AMBIGUOUS": (
        "모호한 열",
        "Ambiguous column",
        "같은 이름의 열을 여러 지표가 냅니다. as로 이름을 나누십시오.",
    ),
    "RISK_MALFORMED": (
        "위험 설정 오류",
        "Risk malformed",
        "위험 설정의 형식이 잘못되었거나 같은 항목이 두 번 있습니다.",
    ),
    "RISK_KEY_UNKNOWN": (
        "없는 위험 항목",
        "Unknown risk key",
        "위험 설정에 뜻이 없는 항목이 있습니다. 이름을 확인하십시오.",
    ),
    "RISK_OUT_OF_RANGE": (
        "범위 밖 위험 값",
        "Risk out of range",
        "손절, 목표, 레버리지가 허용 범위 밖입니다.",
    ),
    "ARGUMENT_REFUSED": (
        "쓸 수 없는 인자",
        "Argument refused",
        "기간, 자본, 주기 또는 체결 설정이 실행할 수 없는 값입니다.",
    ),
    "SETTLEMENT_CURRENCY": (
        "결제 통화 불일치",
        "Settlement currency",
        "종목의 결제 통화와 계좌의 통화가 다릅니다. 자본의 통화를 맞추십시오.",
    ),
    "CANDLES_REFUSED": (
        "쓸 수 없는 봉",
        "Candles refused",
        "봉이 규칙을 어깁니다. 열, 시간대, 순서와 가격을 확인하십시오.",
    ),
    "NO_CANDLES": (
        "봉 없음",
        "No candles",
        "기간 안에 봉이 없습니다. 기간을 바꾸거나 봉을 적재하십시오.",
    ),
    "ONE_CANDLE": (
        "봉 하나",
        "One candle",
        "봉이 하나뿐이라 신호가 체결될 수 없습니다. 기간을 늘리십시오.",
    ),
    "SPAN_TOO_SHORT": (
        "짧은 기간",
        "Span too short",
        "기간이 가장 긴 지표 준비 기간의 세 배보다 짧습니다. 기간을 늘리십시오.",
    ),
    "CONSTANT_PRICES": (
        "움직이지 않는 가격",
        "Constant prices",
        "가격이 내내 같아 지표가 정의되지 않습니다. 출처를 확인하십시오.",
    ),
    "CANDLE_GAP": (
        "봉 누락",
        "Gap",
        "봉 사이가 비었습니다. 다른 출처에서 적재하거나 거래 여부를 확인하십시오.",
    ),
    "CANDLE_OFF_GRID": (
        "어긋난 봉",
        "Off the grid",
        "봉이 주기의 시작에 열리지 않습니다. 출처의 시각을 확인하십시오.",
    ),
    "CANDLE_LONG_WICK": (
        "긴 꼬리",
        "Long wick",
        "고가나 저가가 몸통에서 지나치게 멉니다. 다른 출처와 대조하십시오.",
    ),
    "CANDLE_SPIKE": (
        "튀는 가격",
        "Spike",
        "종가가 크게 튀었다가 다음 봉에 돌아옵니다. 다른 출처와 대조하십시오.",
    ),
    "CANDLE_STALE": (
        "되풀이된 봉",
        "Stale candles",
        "같은 봉이 잇달아 세 번 넘게 나옵니다. 다른 출처와 대조하십시오.",
    ),
    "CANDLE_ZERO_VOLUME": (
        "거래 없는 봉",
        "No volume",
        "거래량이 없는 봉입니다. 그 봉의 체결은 가정입니다.",
    ),
    "CAPITAL_BELOW_ONE_LOT": (
        "한 단위보다 적은 자본",
        "Capital below one lot",
        "가장 쌀 때도 한 단위를 살 수 없습니다. 자본을 늘리십시오.",
    ),
    "MINIMUM_ORDER_NOT_MET": (
        "최소 주문 미달",
        "Minimum order not met",
        "포지션 금액이 최소 주문보다 작습니다. 자본이나 비중을 늘리십시오.",
    ),
    "STOP_BEYOND_LIQUIDATION": (
        "손절보다 가까운 청산",
        "Stop beyond liquidation",
        "손절에 닿기 전에 청산됩니다. 손절을 좁히거나 레버리지를 낮추십시오.",
    ),
    "LEVERAGE_WITHOUT_STOP": (
        "손절 없는 레버리지",
        "Leverage without stop",
        "손절이 없어 청산이 손절이 됩니다. 손절을 정하거나 레버리지를 낮추십시오.",
    ),
    "STRATEGY_FAILED": (
        "전략 실행 오류",
        "Strategy failed",
        "신호를 계산하다 오류가 났거나 제시간에 끝나지 않았습니다.",
    ),
    "RUN_REFUSED": (
        "엔진이 거부",
        "Run refused",
        "전략과 체결 설정을 엔진이 함께 받을 수 없습니다.",
    ),
    "ZERO_TRADES": (
        "거래 없음",
        "Zero trades",
        "한 번도 거래하지 않습니다. 까닭과 제안은 설명에 있습니다.",
    ),
    "FEW_TRADES": (
        "적은 거래",
        "Few trades",
        "예상 거래가 30회보다 적어 승률과 손익비가 말하는 바가 적습니다.",
    ),
    "SIDE_NEVER_ENTERS": (
        "한쪽은 진입하지 않음",
        "One side never enters",
        "한쪽 조건이 한 번도 성립하지 않습니다. 조건을 풀거나 빼십시오.",
    ),
    "CONDITION_ALWAYS_HOLDS": (
        "늘 성립하는 조건",
        "Condition always holds",
        "모든 봉에서 성립해 아무것도 거르지 않습니다. 조이거나 빼십시오.",
    ),
    "NEVER_EXITS": (
        "청산하지 않음",
        "Never exits",
        "진입한 뒤 나오는 신호가 없습니다. 청산 조건이나 손절을 넣으십시오.",
    ),
    "SHORTS_NOT_ALLOWED": (
        "공매도 불가",
        "Shorts not allowed",
        "공매도 신호가 있으나 허용되지 않아 건너뜁니다.",
    ),
    "UNDEFINED_COLUMN": (
        "값이 없는 열",
        "Undefined column",
        "준비 기간 뒤에도 값이 없는 봉이 있어 조건이 성립하지 않습니다.",
    ),
    "LOOK_AHEAD": (
        "미래 참조",
        "Look-ahead",
        "나중 봉을 알면 과거 값이 바뀝니다. 그 봉까지의 값만 쓰십시오.",
    ),
    "WARM_UP_UNSETTLED": (
        "덜 안정된 첫 신호",
        "Warm-up unsettled",
        "이력이 더 길면 첫 신호가 달라집니다. 더 일찍 시작하십시오.",
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
