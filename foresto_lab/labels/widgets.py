"""Words of the explorers."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # costs and flows of the scenario explorer
    "costs_preset": ("비용·세금", "Costs and taxes"),
    "KOREA_RETAIL": ("국내 개인 투자자", "Private investor in Korea"),
    "US_RETAIL_KRW": ("미국 주식, 국내 거주자", "US shares, resident of Korea"),
    "KOREA_AND_US_RETAIL": (
        "국내와 미국, 국내 거주자",
        "Korea and US, resident of Korea",
    ),
    "own_cost_rate": ("규칙의 거래 비용률", "The rule's cost rate"),
    "cash_flow_text": ("적립·인출", "Cash flow"),
    "cash_flow_hint": ("예: +500000/MONTHLY", "e.g. +500000/MONTHLY"),
    # widgets
    "explorer_title": ("시나리오 탐색기", "Scenario explorer"),
    "explorer_chart": (
        "평가액, 낙폭, 비중, 리밸런싱 차트",
        "Chart of value, drawdown, weights and rebalancings",
    ),
    "explorer_timing": (
        "계산 {compute} ms · 변경부터 화면까지 {redraw} ms",
        "Computed in {compute} ms · on screen {redraw} ms after the change",
    ),
    "stored_rule": ("저장된 규칙", "Stored rule"),
    "own_rule": ("직접 설정", "Own parameters"),
    "rule_kind": ("방식", "Kind"),
    "hybrid_mode": ("결합", "Trade when"),
    "frequency": ("주기", "Frequency"),
    "base_day": ("기준일", "Base day"),
    "threshold": ("허용 괴리", "Threshold"),
    "relative_band": ("상대 괴리", "Relative"),
    "rebalance_to": ("조정 목표", "Trade to"),
    "to_target": ("목표 비중까지", "the targets"),
    "to_band_edge": ("허용 범위 끝까지", "the band's edge"),
    "years_short": ("년", "y"),
    "all_years": ("전체", "All"),
    "compared_settings": ("비교하는 설정", "Settings compared"),
    "compare": ("비교 추가", "Compare"),
    "compare_hint": (
        "지금 설정을 복사해 나란히 비교합니다.",
        "Copy this setting and change the copy beside it.",
    ),
    "compare_full": (
        "네 가지까지 비교할 수 있습니다.",
        "Four settings fit side by side.",
    ),
    "remove": ("비교에서 빼기", "Remove"),
    "undo": ("되돌리기 (Ctrl+Z)", "Undo (Ctrl+Z)"),
    "redo": ("다시 하기 (Ctrl+Shift+Z)", "Redo (Ctrl+Shift+Z)"),
    "other_language": ("English", "한국어"),
    "save_run": ("실행으로 저장", "Save as run"),
    "make_report": ("보고서 만들기", "Make report"),
    "copy_code": ("코드 복사", "Copy as code"),
    "copied": ("복사했습니다", "Copied"),
    "simulated_note_chart": (
        "실제 시세가 아닌 모의 데이터입니다.",
        "Made from simulated prices, not from market data.",
    ),
    "run_saved": (
        "실행 {run_id}, 요청 해시 {hash}",
        "run {run_id}, request hash {hash}",
    ),
    "run_not_stored": (
        "저장소가 꺼져 있어 저장하지 않았습니다. 요청 해시 {hash}",
        "not stored, the run store is off; request hash {hash}",
    ),
    "report_running": (
        "보고서를 만드는 중입니다: {setting}",
        "Making the report: {setting}",
    ),
    "report_completed": ("보고서 열기: {setting}", "Open the report: {setting}"),
    "report_failed": (
        "보고서를 만들지 못했습니다: {setting}.",
        "The report could not be made: {setting}.",
    ),
}
