"""Words of the portfolio builder."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "builder_title": ("포트폴리오 만들기", "Portfolio builder"),
    "builder_draft": ("새 포트폴리오", "New portfolio"),
    "builder_name": ("이름", "Name"),
    "builder_description": ("설명", "Description"),
    "builder_method": ("비중 방식", "Weights"),
    "builder_lookback": ("관찰 기간(거래일)", "Lookback (sessions)"),
    "builder_uninvested": ("투자하지 않는 현금 %", "Uninvested %"),
    "builder_stored": ("저장된 포트폴리오", "Stored portfolio"),
    "builder_symbol": ("종목", "Symbol"),
    "builder_class": ("자산군", "Asset class"),
    "builder_percent": ("비중 %", "% of NAV"),
    "builder_total": ("합계", "Total"),
    "builder_add_row": ("종목 추가", "Add instrument"),
    "builder_spread": ("똑같이 나누기", "Spread evenly"),
    "builder_save": ("새 버전으로 저장", "Save as new version"),
    "builder_instruments": ("종목과 비중", "Instruments and weights"),
    "builder_saved": (
        "{reference}(으)로 저장했습니다. SHA-256 {checksum}…",
        "Saved as {reference}, SHA-256 {checksum}…",
    ),
    "builder_needs_name": ("이름을 지어 주세요.", "Give it a name."),
    "builder_needs_rows": (
        "종목을 하나 이상 넣어 주세요.",
        "Add at least one instrument.",
    ),
    "builder_needs_symbol": ("종목 코드가 없습니다.", "No symbol yet."),
    "builder_twice": (
        "{symbol}은(는) 위에 이미 있습니다. 한 줄로 합쳐 주세요.",
        "{symbol} is there already. Put its weights into one row.",
    ),
    "builder_unknown": (
        "{symbol}은(는) 모르는 종목입니다. 가격을 먼저 불러와 주세요.",
        "{symbol} is not known. Load its prices first.",
    ),
    "builder_unknown_near": (
        "{symbol}은(는) 모르는 종목입니다. 혹시 {near}인가요?",
        "{symbol} is not known. Did you mean {near}?",
    ),
    "builder_no_percent": (
        "비중이 숫자가 아닙니다: {text}",
        "The weight is no number: {text}",
    ),
    "builder_negative": (
        "비중은 0 이상이어야 합니다.",
        "A weight must be 0 or more.",
    ),
    "builder_sum_under": (
        "합계가 {total} %입니다. {rest} %가 남습니다.",
        "The total is {total} %: {rest} % are left.",
    ),
    "builder_sum_over": (
        "합계가 {total} %입니다. {rest} %가 넘칩니다.",
        "The total is {total} %: {rest} % too much.",
    ),
    "builder_no_prices": (
        "가격이 없는 종목이 있어 미리 볼 수 없습니다: {symbols}",
        "No preview, as there are no prices of: {symbols}",
    ),
    "builder_no_common_span": (
        "종목들의 가격이 겹치는 기간이 없습니다.",
        "The instruments have no prices in common.",
    ),
    "builder_common_span": (
        "공통 기간: {first} ~ {last} ({symbol}이(가) 가장 늦게 시작)",
        "Span in common: {first} to {last} ({symbol} begins last)",
    ),
    "builder_span": (
        "공통 기간: {first} ~ {last}",
        "Span in common: {first} to {last}",
    ),
    "method_FIXED": ("직접 입력", "Typed in"),
    "method_EQUAL_WEIGHT": ("동일 비중", "Equal"),
    "method_INVERSE_VOLATILITY": ("변동성 역수", "Inverse volatility"),
    "method_MINIMUM_VARIANCE": ("최소 분산", "Minimum variance"),
    "method_RISK_PARITY": ("위험 균형", "Risk parity"),
    "method_MAXIMUM_DIVERSIFICATION": ("최대 분산 효과", "Maximum diversification"),
    "method_HIERARCHICAL_RISK_PARITY": (
        "계층적 위험 균형",
        "Hierarchical risk parity",
    ),
}
