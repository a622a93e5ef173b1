"""Every word and number a reader sees, in Korean and English, in one place.

Figures, reports, widgets and commands take their labels from here, so the same thing
has the same name everywhere, and a new language is one more column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from foresto_lab.errors import UnknownNameError

Language: TypeAlias = Literal["ko", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
MISSING: Final = "–"

Style: TypeAlias = Literal["percent", "ratio", "money", "days", "count", "text"]


class Measure(NamedTuple):
    """How a summary's number is called and written; which direction is better."""

    ko: str
    en: str
    style: Style
    better: Literal["higher", "lower", "neither"] = "neither"


MEASURES: Final[dict[str, Measure]] = {
    "total_return": Measure("누적 수익률", "Total return", "percent", "higher"),
    "cagr": Measure("연복리 수익률", "CAGR", "percent", "higher"),
    "volatility": Measure("연 변동성", "Volatility", "percent", "lower"),
    "sharpe_ratio": Measure("샤프 지수", "Sharpe ratio", "ratio", "higher"),
    "sortino_ratio": Measure("소르티노 지수", "Sortino ratio", "ratio", "higher"),
    "calmar_ratio": Measure("칼마 지수", "Calmar ratio", "ratio", "higher"),
    "max_drawdown": Measure("최대 낙폭", "Maximum drawdown", "percent", "higher"),
    "max_drawdown_duration": Measure(
        "최대 낙폭 지속 기간", "Maximum drawdown, duration", "days", "lower"
    ),
    "recovery_days": Measure(
        "저점 후 회복 기간", "Trough to recovery", "days", "lower"
    ),
    "longest_underwater_days": Measure(
        "최장 미회복 기간", "Longest time under water", "days", "lower"
    ),
    "worst_month": Measure("최저 월 수익률", "Worst month", "percent", "higher"),
    "best_month": Measure("최고 월 수익률", "Best month", "percent", "higher"),
    "worst_year": Measure("최저 연 수익률", "Worst year", "percent", "higher"),
    "best_year": Measure("최고 연 수익률", "Best year", "percent", "higher"),
    "positive_month_share": Measure(
        "상승한 달의 비율", "Positive months", "percent", "higher"
    ),
    "var_95": Measure("일간 VaR 95%", "Daily VaR 95%", "percent", "higher"),
    "cvar_95": Measure("일간 CVaR 95%", "Daily CVaR 95%", "percent", "higher"),
    "ulcer_index": Measure("얼서 지수", "Ulcer index", "percent", "lower"),
    "skew": Measure("왜도", "Skewness", "ratio"),
    "kurtosis": Measure("초과 첨도", "Excess kurtosis", "ratio"),
    "total_turnover": Measure("총 회전율", "Turnover, total", "percent", "lower"),
    "annual_turnover": Measure("연 회전율", "Turnover, annual", "percent", "lower"),
    "total_cost": Measure("총 거래비용", "Trading cost, total", "money", "lower"),
    "rebalancing_count": Measure("리밸런싱 횟수", "Rebalancings", "count"),
    "largest_drift": Measure("최대 괴리", "Largest drift", "percent", "lower"),
    "final_nav": Measure("최종 평가액", "Final value", "money", "higher"),
    "initial_amount": Measure("최초 투자금", "Initial amount", "money"),
    # backtests
    "sharpe": Measure("샤프 지수", "Sharpe ratio", "ratio", "higher"),
    "sortino": Measure("소르티노 지수", "Sortino ratio", "ratio", "higher"),
    "calmar": Measure("칼마 지수", "Calmar ratio", "ratio", "higher"),
    "annual_return": Measure("연 수익률", "Annual return", "percent", "higher"),
    "recovery_factor": Measure("회복 계수", "Recovery factor", "ratio", "higher"),
    "exposure": Measure("보유 기간 비율", "Exposure", "percent"),
    "total_trades": Measure("거래 수", "Trades", "count"),
    "open_trades": Measure("미청산 거래", "Open trades", "count"),
    "win_rate": Measure("승률", "Win rate", "percent", "higher"),
    "profit_factor": Measure(
        "손익비 (총이익/총손실)", "Profit factor", "ratio", "higher"
    ),
    "expectancy": Measure("거래당 기대 손익", "Expectancy", "money", "higher"),
    "average_win": Measure("평균 이익", "Average win", "money", "higher"),
    "average_loss": Measure("평균 손실", "Average loss", "money", "higher"),
    "payoff_ratio": Measure("평균 손익비", "Payoff ratio", "ratio", "higher"),
    "best_trade": Measure("최고 거래 수익률", "Best trade", "percent", "higher"),
    "worst_trade": Measure("최저 거래 수익률", "Worst trade", "percent", "higher"),
    "average_trade": Measure("평균 거래 수익률", "Average trade", "percent", "higher"),
    "average_holding_time": Measure(
        "평균 보유 기간 (일)", "Average holding time (days)", "ratio"
    ),
    "average_bars_held": Measure("평균 보유 봉 수", "Average bars held", "ratio"),
    "max_consecutive_wins": Measure(
        "최다 연속 이익", "Longest winning streak", "count", "higher"
    ),
    "max_consecutive_losses": Measure(
        "최다 연속 손실", "Longest losing streak", "count", "lower"
    ),
    "sqn": Measure("시스템 품질 지수 (SQN)", "SQN", "ratio", "higher"),
    "total_fees": Measure("총 수수료", "Fees, total", "money", "lower"),
    "total_tax": Measure("총 거래세", "Sell tax, total", "money", "lower"),
    "total_funding": Measure("총 펀딩 비용", "Funding, total", "money", "lower"),
    "liquidations": Measure("강제 청산", "Liquidations", "count", "lower"),
    "final_equity": Measure("최종 평가액", "Final equity", "money", "higher"),
    "benchmark_return": Measure(
        "매수 후 보유 수익률", "Buy and hold return", "percent", "higher"
    ),
    "initial_capital": Measure("초기 자본", "Initial capital", "money"),
    "periods_per_year": Measure("연간 봉 수", "Bars per year", "count"),
    "row_count": Measure("행 수", "Rows", "count"),
    "symbol_count": Measure("종목 수", "Symbols", "count"),
    "missing_count": Measure("누락 거래일", "Missing sessions", "count", "lower"),
    "missing_return_count": Measure("누락 수익률", "Missing returns", "count", "lower"),
    "bar_count": Measure("봉 수", "Candles", "count"),
    "predicted_trades": Measure("예상 거래", "Trades expected", "count"),
    "preflight_errors": Measure("오류", "Errors", "count", "lower"),
    "preflight_warnings": Measure("경고", "Warnings", "count", "lower"),
    "preflight_notes": Measure("참고", "Notes", "count"),
    "error_count": Measure("오류 행", "Rows with errors", "count", "lower"),
    "warning_count": Measure("경고 행", "Rows with warnings", "count", "lower"),
    "info_count": Measure("참고 행", "Rows to note", "count"),
}

_WORDS: Final[dict[str, tuple[str, str]]] = {
    # asset classes
    "equity": ("주식", "Equity"),
    "bond": ("채권", "Bonds"),
    "cash": ("단기금융", "Cash"),
    "gold": ("금", "Gold"),
    "other": ("기타", "Other"),
    "uninvested": ("미투자 현금", "Uninvested"),
    # rules
    "WEEKLY": ("매주", "Weekly"),
    "MONTHLY": ("매월", "Monthly"),
    "QUARTERLY": ("분기마다", "Quarterly"),
    "SEMIANNUAL": ("반기마다", "Twice a year"),
    "ANNUAL": ("매년", "Yearly"),
    "FIRST_TRADING_DAY": ("첫 거래일", "first trading day"),
    "LAST_TRADING_DAY": ("마지막 거래일", "last trading day"),
    "PERIODIC": ("정기", "Periodic"),
    "DRIFT": ("괴리", "Drift"),
    "HYBRID": ("혼합", "Hybrid"),
    "ALL": ("모두 충족", "all of"),
    "ANY": ("하나라도 충족", "any of"),
    "buy_and_hold": ("매수 후 보유", "Buy and hold"),
    # things
    "scenario": ("시나리오", "Scenario"),
    "portfolio": ("포트폴리오", "Portfolio"),
    "rule": ("리밸런싱 규칙", "Rebalancing rule"),
    "rebalancing": ("리밸런싱", "Rebalancing"),
    "asset": ("자산", "Asset"),
    "instrument": ("종목", "Instrument"),
    "symbol": ("종목코드", "Symbol"),
    "weight": ("비중", "Weight"),
    "target_weight": ("목표 비중", "Target weight"),
    "nav": ("평가액", "Value"),
    "date": ("날짜", "Date"),
    "period": ("기간", "Period"),
    "start": ("시작일", "Start"),
    "end": ("종료일", "End"),
    "cost": ("거래비용", "Trading cost"),
    "cost_rate": ("거래비용률", "Cost rate"),
    "turnover": ("회전율", "Turnover"),
    "drift": ("괴리", "Drift"),
    "drawdown": ("낙폭", "Drawdown"),
    "return": ("수익률", "Return"),
    "daily_return": ("일간 수익률", "Daily return"),
    "monthly_return": ("월 수익률", "Monthly return"),
    "trigger": ("사유", "Trigger"),
    "nav_before": ("이전 평가액", "Value before"),
    "nav_after": ("이후 평가액", "Value after"),
    "measure": ("지표", "Measure"),
    "value": ("값", "Figure"),
    "year": ("연도", "Year"),
    "whole_year": ("연간", "Year"),
    "days_unit": ("일", "days"),
    "share_of_days": ("일수 비율", "Share of days"),
    "normal_fit": ("정규분포", "Normal distribution"),
    "latest": ("최근", "latest"),
    # headings and sentences of figures and reports
    "growth": ("자산 성장", "Growth"),
    "growth_subtitle": ("평가액의 변화", "What the investment was worth"),
    "underwater": ("낙폭", "Drawdown"),
    "weights": ("자산 비중", "Weights"),
    "drift_from_target": ("목표 비중과의 괴리", "Drift from target"),
    "events": ("리밸런싱 내역", "Rebalancing events"),
    "turnover_by_year": ("연도별 회전율", "Turnover by year"),
    "rules_compared": ("규칙 {rules}가지 비교", "{rules} rules side by side"),
    "turnover_by_event": ("리밸런싱별 회전율", "Turnover by rebalancing"),
    "cost_by_event": ("리밸런싱별 거래비용", "Trading cost by rebalancing"),
    "cumulative_cost": ("누적 거래비용", "Trading cost so far"),
    "monthly_returns": ("월별 수익률", "Monthly returns"),
    "annual_returns": ("연도별 수익률", "Annual returns"),
    "rolling_volatility": ("이동 변동성", "Rolling volatility"),
    "return_distribution": ("일간 수익률 분포", "Distribution of daily returns"),
    "coverage": ("데이터 범위", "Coverage"),
    "summary": ("요약", "Summary"),
    "setting": ("설정", "Settings"),
    "custom_portfolio": ("사용자 지정 포트폴리오", "Custom portfolio"),
    "calendar_of": ("거래일 달력: {calendar}", "Calendar: {calendar}"),
    "performance": ("성과", "Performance"),
    "risk": ("위험", "Risk"),
    "portfolio_and_trading": ("비중과 거래", "Weights and trading"),
    "comparison": ("규칙 비교", "Rules side by side"),
    "best": ("최고", "best"),
    "best_note": (
        "★ 은 각 지표에서 가장 좋은 값입니다.",
        "★ marks the best figure of each measure.",
    ),
    "findings": ("확인할 사항", "Findings"),
    "no_findings": ("확인할 사항이 없습니다.", "Nothing to report."),
    "no_events": ("리밸런싱이 없었습니다.", "There was no rebalancing."),
    "recent_of": ("전체 {total}건 중 최근 {shown}건", "Latest {shown} of {total}"),
    "sessions_window": ("{days}거래일 이동", "{days} sessions, rolling"),
    "simulated": ("모의 데이터", "SIMULATED"),
    "simulated_note": (
        "이 보고서는 실제 시세가 아닌 모의 데이터(SIMULATED)로 작성되었습니다.",
        "This report is made from SIMULATED prices, not from market data.",
    ),
    # backtests, in figures and reports
    "report_backtest": ("백테스트 보고서", "Backtest report"),
    "report_strategy_comparison": ("전략 비교 보고서", "Strategy comparison"),
    "strategies_compared": ("전략 {count}개 비교", "{count} strategies side by side"),
    "strategy": ("전략", "Strategy"),
    "timeframe": ("봉 주기", "Timeframe"),
    "price": ("가격", "Price"),
    "indicator": ("지표", "Indicator"),
    "price_and_trades": ("가격과 매매", "Price and trades"),
    "zoom_to_see_bars": (
        "봉 {bars}개 · 끌어서 확대, 두 번 눌러 전체 보기",
        "{bars} bars · drag to zoom, double-click for all",
    ),
    "span_hour": ("1시간", "1h"),
    "span_day": ("1일", "1d"),
    "span_week": ("1주", "1w"),
    "span_month": ("1개월", "1m"),
    "span_half_year": ("6개월", "6m"),
    "span_year": ("1년", "1y"),
    "span_five_years": ("5년", "5y"),
    "no_candles": (
        "저장된 실행에는 봉이 없어 가격을 그릴 수 없습니다.",
        "A stored run holds no candles, so there is no price to draw.",
    ),
    "entry_long": ("매수 진입", "Long entry"),
    "entry_short": ("공매도 진입", "Short entry"),
    "exit_gain": ("이익 청산", "Exit with a gain"),
    "exit_loss": ("손실 청산", "Exit with a loss"),
    "equity_and_drawdown": ("자산과 낙폭", "Equity and drawdown"),
    "equity_curve": ("자산 곡선", "Equity"),
    "equity_and_benchmark": ("자산과 매수 후 보유", "Equity beside buy and hold"),
    "rolling_sharpe": ("이동 샤프 지수", "Rolling Sharpe ratio"),
    "days_window": ("{days}일 이동", "{days} days, rolling"),
    "too_few_days": (
        "기간이 짧아 그릴 것이 없습니다.",
        "The span is too short to draw this.",
    ),
    "trade_returns": ("거래별 수익률 분포", "Distribution of trade returns"),
    "trade_return": ("거래 수익률", "Return of a trade"),
    "trade_count": ("거래 수", "Trades"),
    "gains": ("이익", "Gains"),
    "losses": ("손실", "Losses"),
    "mean_of": ("평균 {value}", "mean {value}"),
    "no_trades": ("거래가 없었습니다.", "There was no trade."),
    "excursions": ("거래 중 최대 손실과 최대 이익", "Excursions: MAE and MFE"),
    "adverse_excursion": ("최대 역행폭 (MAE)", "Worst while open (MAE)"),
    "favorable_excursion": ("최대 순행폭 (MFE)", "Best while open (MFE)"),
    "shown_of": ("전체 {total}건 중 {shown}건 표시", "{shown} of {total} shown"),
    "position_exposure": ("보유 비중", "Exposure"),
    "exposure_axis": ("자산 대비 포지션", "Position to equity"),
    "costs_paid": ("누적 비용", "Costs so far"),
    "fees": ("수수료", "Fees"),
    "tax": ("거래세", "Sell tax"),
    "funding": ("펀딩", "Funding"),
    "exit_reasons": ("청산 사유별 거래", "Trades by reason of exit"),
    "trades": ("거래 내역", "Trades"),
    "trades_and_costs": ("거래와 비용", "Trades and costs"),
    "side": ("방향", "Side"),
    "LONG": ("매수", "Long"),
    "SHORT": ("공매도", "Short"),
    "quantity": ("수량", "Quantity"),
    "entry_time": ("진입 시각", "Entered"),
    "entry_price": ("진입가", "Entry price"),
    "exit_time": ("청산 시각", "Left"),
    "exit_price": ("청산가", "Exit price"),
    "exit_reason": ("청산 사유", "Reason"),
    "pnl": ("손익", "Gain or loss"),
    "return_rate": ("수익률", "Return"),
    "bars_held": ("보유 봉", "Bars held"),
    "signal": ("신호", "Signal"),
    "reverse": ("반대 신호", "Reverse"),
    "stop_loss": ("손절", "Stop loss"),
    "take_profit": ("익절", "Take profit"),
    "trailing_stop": ("추적 손절", "Trailing stop"),
    "time_stop": ("기간 청산", "Time stop"),
    "liquidation": ("강제 청산", "Liquidation"),
    "rank": ("순위 이탈", "Rank lost"),
    "rebalance": ("비중 조정", "Rebalanced"),
    "delisted": ("상장 폐지", "Delisted"),
    "still_open": ("보유 중", "Still open"),
    "download_csv": ("CSV 내려받기", "Download CSV"),
    "previous_page": ("이전", "Back"),
    "next_page": ("다음", "Next"),
    "page_of": ("{page} / {pages} 쪽", "Page {page} of {pages}"),
    "assumptions": ("가정", "Assumptions"),
    "assumption": ("가정", "Assumption"),
    "fill": ("체결", "Fills"),
    "fill_next_open": ("신호 다음 봉의 시가", "at the open after the signal"),
    "fill_close": ("신호 봉의 종가", "at the signal's own close"),
    "fee_rate": ("수수료율 (편도)", "Fee, each side"),
    "maker_fee_rate": ("지정가 수수료율", "Fee of limit fills"),
    "slippage": ("슬리피지", "Slippage"),
    "basis_points": ("{value} bp", "{value} bp"),
    "sell_tax_rate": ("매도 거래세율", "Sell tax"),
    "leverage": ("레버리지", "Leverage"),
    "times": ("{value}배", "{value}×"),
    "sizing": ("주문 크기", "Position size"),
    "on_opposite": ("반대 신호일 때", "On an opposite signal"),
    "opposite_reverse": ("청산하고 반대로 진입", "close and reverse"),
    "opposite_close": ("청산만", "close only"),
    "opposite_ignore": ("무시", "ignore"),
    "shorts": ("공매도", "Short sales"),
    "allowed": ("허용", "allowed"),
    "not_allowed": ("허용하지 않음", "not allowed"),
    "lot_size": ("거래 단위", "Lot size"),
    "fractional": ("소수 단위 가능", "fractions allowed"),
    "bars_unit": ("{value}봉", "{value} bars"),
    "sizing_all_in": ("전액", "all in"),
    "sizing_fraction_of_equity": ("자산의 비율", "fraction of equity"),
    "sizing_fixed_amount": ("고정 금액", "fixed amount"),
    "sizing_fixed_risk": ("고정 위험", "fixed risk"),
    "sizing_volatility_target": ("목표 변동성", "volatility target"),
    "not_run": ("실행하지 못한 전략", "Strategies that could not be run"),
    "strategy_explorer_title": ("전략 탐색기", "Strategy explorer"),
    "strategy_chart": (
        "가격, 지표, 자산 차트",
        "Chart of price, indicators and equity",
    ),
    "own_json": ("직접 쓴 JSON", "Own JSON"),
    "strategy_json": ("전략 JSON", "Strategy as JSON"),
    "candle_series": ("봉", "Candles"),
    "slippage_bps": ("슬리피지 (bp)", "Slippage (bp)"),
    "fee_percent": ("수수료 (%)", "Fee (%)"),
    "preflight": ("사전 점검", "Preflight"),
    "metrics": ("성과 지표", "Metrics"),
    "whole_span": ("전체 기간", "Whole span"),
    "money_and_costs": ("자금과 비용", "Money and costs"),
    # data quality
    "severity": ("등급", "Severity"),
    "error": ("오류", "Error"),
    "warning": ("경고", "Warning"),
    "info": ("참고", "Note"),
    "code": ("코드", "Code"),
    "finding": ("항목", "Finding"),
    "where": ("위치", "Where"),
    "message": ("내용", "What was found"),
    "fix": ("조치", "What to do"),
    "count": ("건수", "Count"),
    "samples": ("예", "Samples"),
    "first_date": ("첫 날짜", "First date"),
    "last_date": ("마지막 날짜", "Last date"),
    "quality_findings": ("품질 규칙별 결과", "Findings by quality rule"),
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
    # reports
    "report": ("보고서", "Report"),
    "report_scenario": ("시나리오 보고서", "Scenario report"),
    "report_rebalancing_comparison": (
        "리밸런싱 비교 보고서",
        "Rebalancing comparison",
    ),
    "report_data_quality": ("데이터 품질 보고서", "Data quality report"),
    "report_store_health": ("저장소 점검 보고서", "Store health report"),
    "as_of": ("{date} 기준", "as of {date}"),
    "calendar": ("거래소 달력", "Calendar"),
    "coverage_share": ("보유율", "Coverage"),
    "lag_sessions": ("지연 거래일", "Sessions behind"),
    "partitions": ("파티션", "Partitions"),
    "partition_table": ("테이블", "Table"),
    "partition_count": ("파티션 수", "Partitions"),
    "first_month": ("첫 달", "First month"),
    "last_month": ("마지막 달", "Last month"),
    "row_estimate": ("행 수 (추정)", "Rows (estimate)"),
    "size": ("크기", "Size"),
    "reports": ("보고서 모음", "Reports"),
    "no_reports": ("아직 보고서가 없습니다.", "There are no reports yet."),
    "completed": ("완료", "Completed"),
    "failed": ("실패", "Failed"),
    "failed_title": ("보고서를 만들지 못했습니다", "This report could not be made"),
    "details": ("자세한 내용", "Details"),
    "parameters": ("매개변수", "Parameters"),
    "provenance": ("출처와 재현", "Provenance"),
    "run_id": ("실행 ID", "Run"),
    "request_hash": ("요청 해시", "Request hash"),
    "data_version": ("데이터 버전", "Data version"),
    "engine_version": ("엔진 버전", "Engine"),
    "git_commit": ("Git 커밋", "Git commit"),
    "template": ("템플릿", "Template"),
    "checksum": ("체크섬", "Checksum"),
    "created_at": ("작성 시각", "Made at"),
    "rerun": ("다시 만들기", "Make it again"),
    "verify": ("검증", "Verify"),
    "theme": ("화면 밝기 전환", "Light or dark"),
    "unknown": ("알 수 없음", "unknown"),
}

_MONTHS_EN = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_SYMBOLS: Final = {"KRW": "₩", "USD": "$", "EUR": "€", "JPY": "¥", "GBP": "£"}
_WHOLE_CURRENCIES: Final = frozenset({"KRW", "JPY"})


# --- words ------------------------------------------------------------------------


def require_language(language: str) -> Language:
    """Return the language, or raise UnknownNameError when there is no such one."""
    if language not in LANGUAGES:
        raise UnknownNameError(kind="language", given=language, allowed=LANGUAGES)
    return language


def label(key: str, language: str = "ko", **facts: Any) -> str:
    """Return the word for ``key``; a summary's measures have labels too.

    Raises
    ------
    UnknownNameError
        There is no such label, or no such language.
    """
    column = LANGUAGES.index(require_language(language))
    if key in _WORDS:
        return _WORDS[key][column].format(**facts)
    if key in MEASURES:
        return MEASURES[key][column]
    raise UnknownNameError(kind="label", given=key, allowed=(*_WORDS, *MEASURES))


def label_characters() -> frozenset[str]:
    """Return every character that labels are written with."""
    words = [word for pair in _WORDS.values() for word in pair]
    words += [measure.ko for measure in MEASURES.values()]
    words += [rule_label("DRIFT>=5% of target, to band edge | ANNUAL")]
    words += [
        days(1),
        month_label(1),
        *(money_unit(10.0**size)[1] for size in (0, 6, 9, 13)),
    ]
    return frozenset("".join(words))


def asset_label(asset: str, language: str = "ko") -> str:
    """Return the word for an asset class; any other name stands for itself."""
    return label(asset, language) if asset in _WORDS else asset


def month_label(month: int, language: str = "ko") -> str:
    """Return the name of a month, 1 to 12, short."""
    return f"{month}월" if language == "ko" else _MONTHS_EN[month - 1]


def rule_label(text: str | None, language: str = "ko") -> str:
    """Return a rule's label or an event's trigger in words.

    ``"MONTHLY/FIRST_TRADING_DAY"`` becomes "매월 첫 거래일", ``"DRIFT>=5.00%"`` "괴리
    5.00% 이상"; None is buy and hold. What is no known word stays as it is.
    """
    if not text:
        return label("buy_and_hold", language)
    text = _DRIFT.sub(lambda found: _drift_words(found, language), text)
    for mark, (korean, english) in _JOINTS.items():
        text = text.replace(mark, korean if language == "ko" else english)
    words = re.sub(
        r"[A-Z]{3,}(?:_[A-Z]+)*",
        lambda found: asset_label(found[0], language),
        text,
    )
    return words[:1].upper() + words[1:]


_JOINTS: Final = {"/": (" ", ", "), " & ": (" + ", " and "), " | ": (" 또는 ", " or ")}
_DRIFT: Final = re.compile(r"DRIFT>=(\S+?%)( of target)?(, to band edge)?")


def _drift_words(found: re.Match[str], language: str) -> str:
    size, relative, to_edge = found.groups()
    if language == "ko":
        measure = "목표 대비 괴리" if relative else "괴리"
        return f"{measure} {size} 이상" + (", 허용 범위까지만 조정" if to_edge else "")
    of_target = " of target" if relative else ""
    return f"drift ≥ {size}{of_target}" + (", to the band's edge" if to_edge else "")


# --- numbers ----------------------------------------------------------------------


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def percent(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction as percent: 0.0534 is ``5.34%``."""
    if _is_missing(value):
        return MISSING
    text = f"{value:{'+' if signed else ''},.{digits}%}"
    return text.lstrip("-+") if float(text[:-1].replace(",", "")) == 0 else text


def ratio(value: float | None, digits: int = 2) -> str:
    """Return a pure number: 0.81234 is ``0.81``."""
    if _is_missing(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def count(value: float | None) -> str:
    """Return a whole number with separators: 1234 is ``1,234``."""
    return MISSING if _is_missing(value) else f"{value:,.0f}"


def days(value: float | None, language: str = "ko") -> str:
    """Return a number of days with its unit."""
    if _is_missing(value):
        return MISSING
    return f"{value:,.0f}일" if language == "ko" else f"{value:,.0f} days"


def money(value: float | None, language: str = "ko", currency: str = "KRW") -> str:
    """Return an amount with its currency: ``1,234,567원``, ``₩1,234,567``."""
    if _is_missing(value):
        return MISSING
    digits = 0 if currency in _WHOLE_CURRENCIES else 2
    amount = ratio(value, digits)
    if currency == "KRW" and language == "ko":
        return f"{amount}원"
    if currency not in _SYMBOLS:
        return f"{amount} {currency}".rstrip()
    sign, bare = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    return f"{sign}{_SYMBOLS[currency]}{bare}"


def money_unit(
    largest: float, language: str = "ko", currency: str = "KRW"
) -> tuple[float, str]:
    """Return the divisor and the name of a unit in which amounts stay short.

    Koreans count by ten thousands: 1,500,000 won is 150만원, in English KRW 1.5m.
    """
    if language == "ko":
        name = "원" if currency == "KRW" else f" {currency}"
        steps = ((1e12, "조"), (1e8, "억"), (1e5, "만"))
        scale = {"조": 1e12, "억": 1e8, "만": 1e4}
        word = next((w for bound, w in steps if abs(largest) >= bound), "")
        return scale.get(word, 1.0), f"{word}{name}".strip()
    steps_en = ((1e9, "bn"), (1e6, "m"), (1e4, "k"))
    scale_en = {"bn": 1e9, "m": 1e6, "k": 1e3}
    word = next((w for bound, w in steps_en if abs(largest) >= bound), "")
    return scale_en.get(word, 1.0), f"{currency} {word}".strip()


def day(value: date | datetime | str | None) -> str:
    """Return a date as ``2024-12-31`` in every language."""
    if value is None or value != value:  # NaT
        return MISSING
    return value[:10] if isinstance(value, str) else f"{value:%Y-%m-%d}"


def measure_text(
    name: str, value: Any, language: str = "ko", currency: str = "KRW"
) -> str:
    """Return a summary's number as its measure is written, with its unit."""
    match MEASURES[name].style if name in MEASURES else "text":
        case "percent":
            return percent(value)
        case "ratio":
            return ratio(value)
        case "money":
            return money(value, language, currency)
        case "days":
            return days(value, language)
        case "count":
            return count(value)
        case _:
            return MISSING if _is_missing(value) else str(value)


def best_of(name: str, values: Iterable[float | None]) -> set[int]:
    """Return the positions of the best values of a measure; ties are all best.

    A measure without a better direction, or with equal values all along, has none.
    """
    numbers = [None if _is_missing(value) else value for value in values]
    known = [value for value in numbers if value is not None]
    direction = MEASURES[name].better if name in MEASURES else "neither"
    if direction == "neither" or len(set(known)) < 2:
        return set()
    best = max(known) if direction == "higher" else min(known)
    return {place for place, value in enumerate(numbers) if value == best}
