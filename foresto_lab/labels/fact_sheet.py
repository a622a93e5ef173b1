"""Words and measures of the fact sheet: the two pages that a client is handed."""

from __future__ import annotations

from typing import Final

from foresto_lab.labels.measure import Measure

MEASURES: Final[dict[str, Measure]] = {
    "year_return": Measure("연 수익률", "Return of the year", "percent", "higher"),
    "benchmark_year_return": Measure(
        "비교 대상의 연 수익률", "Benchmark's return of the year", "percent"
    ),
    "crisis_return": Measure("위기 때 수익률", "Return in the crisis", "percent"),
    "crisis_drawdown": Measure("위기 때 낙폭", "Drawdown in the crisis", "percent"),
    "crisis_recovery": Measure("위기 후 회복", "Recovery after the crisis", "days"),
    "benchmark_crisis_return": Measure(
        "비교 대상의 위기 때 수익률", "Benchmark's return in the crisis", "percent"
    ),
    "drawdown_depth": Measure("낙폭", "Depth of a drawdown", "percent"),
    "rolling_worst": Measure("가장 나쁜 구간", "Worst stretch, a year", "percent"),
    "rolling_median": Measure("중간 구간", "Middle stretch, a year", "percent"),
    "rolling_best": Measure("가장 좋은 구간", "Best stretch, a year", "percent"),
    "rolling_positive": Measure("이익 비율", "Stretches with a gain", "percent"),
    "benchmark_total_return": Measure(
        "비교 대상의 누적 수익률", "Benchmark's total return", "percent"
    ),
    "benchmark_worst_year": Measure(
        "비교 대상의 최저 연 수익률", "Benchmark's worst year", "percent"
    ),
    "cost_share": Measure("연간 비용률", "Cost, a year", "percent", "lower"),
    "forward_p05": Measure("하위 5%", "Worst 5%", "money"),
    "forward_p50": Measure("중간", "Middle", "money"),
    "forward_p95": Measure("상위 5%", "Best 5%", "money"),
    "forward_loss": Measure("손실 확률", "Chance of a loss", "percent"),
    "forward_drawdown": Measure("낙폭, 중간", "Drawdown, middle", "percent"),
}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "report_portfolio": ("포트폴리오 요약", "Portfolio fact sheet"),
    "sheet_prepared_for": ("{name} 님께", "Prepared for {name}"),
    "sheet_as_of": ("{date} 기준", "As of {date}"),
    # headings
    "sheet_held": ("무엇을 담고 있나", "What is held"),
    "sheet_did": ("얼마나 늘었나", "What it did"),
    "sheet_years": ("해마다의 수익률", "Year by year"),
    "sheet_worst": ("가장 나빴던 때", "The worst times"),
    "sheet_crises": ("시장이 크게 흔들린 때", "When markets were shaken"),
    "sheet_rolling": ("몇 년을 보유했다면", "If held for some years"),
    "sheet_beside": ("비교 대상과 나란히", "Beside the benchmark"),
    "sheet_costs": ("얼마가 들었나", "What it cost"),
    "sheet_future": ("앞으로 있을 수 있는 일", "What may come"),
    "sheet_notes": ("꼭 읽어 주세요", "Please note"),
    # beside the benchmark
    "sheet_active_return": ("한 해 수익률 차이", "Ahead, a year"),
    "sheet_beta": ("따라 움직임 (베타)", "With it (beta)"),
    "sheet_correlation": ("닮은 정도 (상관)", "Likeness (correlation)"),
    "sheet_tracking_error": ("벌어지는 폭 (추적오차)", "Apart (tracking error)"),
    "sheet_information_ratio": ("벌어진 만큼의 보상", "Reward for that"),
    "sheet_up_capture": ("오를 때 따라간 몫", "Of its rises"),
    "sheet_down_capture": ("내릴 때 따라간 몫", "Of its falls"),
    "sheet_batting_average": ("앞선 달의 비율", "Months ahead"),
    # columns and captions
    "sheet_key_cagr": ("연평균 수익률", "Return a year"),
    "sheet_key_total": ("전체 기간 수익률", "Return in all"),
    "sheet_key_volatility": ("한 해 흔들림 폭", "Ups and downs"),
    "sheet_key_drawdown": ("가장 큰 하락", "Largest fall"),
    "sheet_key_worst_year": ("가장 나빴던 해", "Worst year"),
    "sheet_key_final": ("마지막 평가액", "Value at the end"),
    "sheet_of_initial": ("처음 {amount}", "from {amount}"),
    "sheet_now_weight": ("마지막 날", "At the end"),
    "sheet_target": ("목표", "Target"),
    "sheet_more_assets": ("그 밖의 {count}개", "{count} more"),
    "sheet_benchmark_short": ("비교 대상", "Benchmark"),
    "sheet_benchmark_tile": ("비교 대상", "vs."),
    "sheet_partial_years": (
        "* 한 해를 다 채우지 않은 해입니다.",
        "* Not a whole year.",
    ),
    "sheet_recent_years": (
        "최근 {shown}개 연도를 보입니다.",
        "The latest {shown} years are shown.",
    ),
    "sheet_peak": ("고점", "From high"),
    "sheet_trough": ("저점", "to low"),
    "sheet_depth": ("하락", "Fall"),
    "sheet_recovery": ("회복까지", "To recover"),
    "sheet_not_recovered": ("아직", "not yet"),
    "sheet_no_fall": ("없음", "none"),
    "sheet_event": ("사건", "Event"),
    "sheet_window": ("기간", "Dates"),
    "sheet_return": ("수익률", "Return"),
    "sheet_largest_fall": ("최대 하락", "Largest fall"),
    "sheet_no_data": ("이 기간의 자료 없음", "no data for these dates"),
    "sheet_partly": (
        "† {name}: {first}부터 {last}까지의 자료만 있어 그 기간의 값입니다.",
        "† {name}: data only from {first} to {last}; the figures are of those dates.",
    ),
    "sheet_crisis_source": (
        "기간: 1997년은 KOSPI 200, 나머지는 S&P 500 지수의 종가 고점과 저점입니다.",
        "Dates: closing high and low of the KOSPI 200 (1997) and the S&P 500 (others).",
    ),
    "sheet_years_held": ("{years}년", "{years}y"),
    "sheet_years_short": ("{years}년", "{years}y"),
    "sheet_now": ("지금", "now"),
    "sheet_worst_case": ("가장 나쁨", "Worst"),
    "sheet_middle_case": ("중간", "Middle"),
    "sheet_best_case": ("가장 좋음", "Best"),
    "sheet_gain_share": ("이익으로 끝남", "Ended in a gain"),
    "sheet_too_short": ("자료가 짧음", "too little data"),
    "sheet_cost_total": ("거래비용 합계", "Trading costs in all"),
    "sheet_cost_year": ("해마다 (평가액 대비)", "a year, of the value"),
    "sheet_trades": ("비중을 되돌린 횟수", "Times brought back"),
    "sheet_times": ("{count}회", "{count} times"),
    "sheet_turnover": ("해마다 바꾼 비중", "Exchanged a year"),
    "sheet_cost_of": ("항목", "Item"),
    "sheet_amount": ("금액", "Amount"),
    "sheet_fan_legend": (
        "진한 띠: 절반의 경우 · 연한 띠: 열 가운데 아홉",
        "Dark band: half of the cases · light band: nine in ten",
    ),
    # costs by part, where a run has them
    "sheet_cost_commission": ("매매 수수료", "Commissions"),
    "sheet_cost_spread": ("매매 호가 차이", "Spreads"),
    "sheet_cost_impact": ("시장 충격", "Market impact"),
    "sheet_cost_transaction_tax": ("증권거래세", "Transaction tax"),
    "sheet_cost_currency_conversion": ("환전 비용", "Currency conversion"),
    "sheet_cost_distribution_tax": ("분배금 세금", "Tax on distributions"),
    "sheet_cost_capital_gains_tax": ("양도소득세", "Tax on gains"),
    "sheet_cost_management_fee": ("운용 보수", "Management fee"),
    "sheet_cost_trading": ("거래비용", "Trading costs"),
    # sentences
    "say_grew": (
        "{start}에 {initial:을} 넣었다면 {end}에는 {final:이} 되었습니다. "
        "해마다 평균 {cagr}씩 불어난 셈입니다.",
        "{initial} put in on {start} had become {final} by {end}: "
        "{cagr} a year on average.",
    ),
    "say_shrank": (
        "{start}에 {initial:을} 넣었다면 {end}에는 {final:으로} 줄었습니다. "
        "해마다 평균 {cagr}인 셈입니다.",
        "{initial} put in on {start} had shrunk to {final} by {end}: "
        "{cagr} a year on average.",
    ),
    "say_added": (
        "{start}에 {initial:으로} 시작해 {contributed:을} 더 넣었고, "
        "{end}의 평가액은 {final}입니다. "
        "넣은 때를 헤아리면 해마다 평균 {earned}씩 벌었습니다.",
        "Begun with {initial} on {start}; {contributed} was added, and on {end} it was "
        "worth {final}. Counting when money came in, it earned {earned} a year.",
    ),
    "say_taken": (
        "{start}에 {initial:으로} 시작해 {withdrawn:을} 찾았고, "
        "{end}의 평가액은 {final}입니다. "
        "찾은 때를 헤아리면 해마다 평균 {earned}씩 벌었습니다.",
        "Begun with {initial} on {start}; {withdrawn} was taken out, and on {end} it "
        "was "
        "worth {final}. Counting when money went out, it earned {earned} a year.",
    ),
    "say_ruined": (
        "{start}에 {initial:으로} 시작해 {withdrawn:을} 찾은 끝에 "
        "{ruined}에 돈이 모두 떨어졌습니다.",
        "Begun with {initial} on {start}; after {withdrawn} had been taken out, "
        "nothing "
        "was left on {ruined}.",
    ),
    "sheet_of_paid_in": ("넣은 돈 {amount}", "{amount} paid in"),
    "sheet_growth_of_first": (
        "그래프는 처음 금액만 두었을 때의 모습입니다.",
        "The curve is of the first amount alone.",
    ),
    "say_flows": (
        "{start}에 {initial:으로} 시작해 {contributed:을} 더 넣고 {withdrawn:을} "
        "찾았으며, "
        "{end}의 평가액은 {final}입니다. "
        "넣고 찾은 때를 헤아리면 해마다 평균 {earned}씩 벌었습니다.",
        "Begun with {initial} on {start}; {contributed} was added and {withdrawn} "
        "taken "
        "out; on {end} it was worth {final}. Counting when, it earned {earned} a year.",
    ),
    "say_benchmark_ahead": (
        "같은 기간 {name} 쪽은 해마다 평균 {cagr}였습니다. 수익은 이 포트폴리오가 더 "
        "높았고, "
        "가장 큰 하락은 {own_fall} 대 {fall}였습니다.",
        "Over the same time {name} returned {cagr} a year: less than this portfolio. "
        "The largest falls were {own_fall} here and {fall} there.",
    ),
    "say_benchmark_behind": (
        "같은 기간 {name} 쪽은 해마다 평균 {cagr}였습니다. 수익은 이 포트폴리오가 더 "
        "낮았고, "
        "가장 큰 하락은 {own_fall} 대 {fall}였습니다.",
        "Over the same time {name} returned {cagr} a year: more than this portfolio. "
        "The largest falls were {own_fall} here and {fall} there.",
    ),
    "say_years": (
        "{years}개 연도 가운데 {gains}개 연도에 올랐습니다. "
        "가장 좋았던 해는 {best_year}년({best}), 가장 나빴던 해는 "
        "{worst_year}년({worst})입니다.",
        "{gains} of {years} calendar years ended in a gain. "
        "The best was {best_year} ({best}), the worst {worst_year} ({worst}).",
    ),
    "say_rule": (
        "시간이 지나 비중이 달라지면 다음 때에 목표로 되돌립니다: {rule}.",
        "As prices move, the shares are brought back to target: {rule}.",
    ),
    "say_no_rule": (
        "한 번 산 뒤 그대로 두었습니다. 비중은 가격을 따라 달라집니다.",
        "Bought once and left alone: the shares move with prices.",
    ),
    "say_worst": (
        "가장 크게 줄었을 때는 {peak}부터 {trough}까지 {depth} 하락했습니다. "
        "{amount:이} {left:이} 된 셈이며, 저점에서 되찾기까지 {time} 걸렸습니다.",
        "The largest fall was {depth}, from {peak} to {trough}: {amount} became "
        "{left}. "
        "From there it took {time} to get back.",
    ),
    "say_worst_open": (
        "가장 크게 줄었을 때는 {peak}부터 {trough}까지 {depth} 하락했습니다. "
        "{amount:이} {left:이} 된 셈이며, 아직 되찾지 못했습니다.",
        "The largest fall was {depth}, from {peak} to {trough}: {amount} became "
        "{left}. "
        "It has not got back yet.",
    ),
    "say_no_worst": (
        "이 기간에는 고점 아래로 내려간 적이 없습니다.",
        "In this time it never fell below an earlier high.",
    ),
    "say_rolling_all": (
        "어느 날 시작했더라도 {years}년을 보유했다면 모두 이익으로 끝났습니다.",
        "Whichever day one began, {years} years of holding always ended in a gain.",
    ),
    "say_rolling": (
        "{years}년을 보유했다면, 시작한 날 100번 가운데 {gains}번은 이익으로 "
        "끝났습니다.",
        "Held for {years} years, {gains} of 100 starting days ended in a gain.",
    ),
    "say_rolling_short": (
        "보유 기간을 견줄 만큼 자료가 길지 않습니다.",
        "There is too little data to compare how long it was held.",
    ),
    "say_cost": (
        "이 기간에 든 비용은 모두 {total:으로}, 해마다 평가액의 {share}쯤입니다. "
        "위의 수익률은 이 비용을 뺀 값입니다.",
        "Costs came to {total} in all, about {share} of the value a year. "
        "The returns above are after these costs.",
    ),
    "say_no_cost": (
        "이 모의실험에는 비용이 들지 않은 것으로 계산했습니다.",
        "No costs were counted in this simulation.",
    ),
    "say_future": (
        "지난 시장의 움직임을 섞어 앞으로 {years}년을 {paths}번 그려 보았습니다. "
        "지금의 {amount:은} 절반의 경우 {middle} 이상이 되었고, "
        "스무 번 가운데 한 번은 {low}보다 적었습니다.",
        "The next {years} years were drawn {paths} times from the past market's moves. "
        "Today's {amount} became {middle} or more in half of them, and less than {low} "
        "in one of twenty.",
    ),
    "say_no_future": (
        "가진 자료가 적어 앞날을 그려 보지 못했습니다.",
        "There is too little data to draw futures from.",
    ),
    "say_future_loss": (
        "{years}년 뒤에 지금보다 적을 가능성은 {loss}, "
        "그사이 겪는 가장 큰 하락은 보통 {fall}입니다.",
        "The chance of having less than today after {years} years was {loss}; "
        "a fall of {fall} on the way was usual.",
    ),
    # disclosures
    "note_not_advice": (
        "이 자료는 정보 제공을 위한 것이며 투자 권유나 수익의 약속이 아닙니다.",
        "This sheet informs; it is neither advice nor a promise of returns.",
    ),
    "note_past": (
        "지난 성과는 앞으로의 성과를 보장하지 않습니다. 투자한 돈은 줄어들 수 "
        "있습니다.",
        "Past performance does not assure future performance. Money invested can be "
        "lost.",
    ),
    "note_backtest": (
        "성과는 실제 계좌의 기록이 아니라, 위 비중을 지켰다고 보고 과거 가격으로 "
        "계산한 값입니다.",
        "The results are no account's record: they are computed from past prices as if "
        "these shares had been held.",
    ),
    "note_simulated": (
        "가격은 실제 시세가 아닌 모의 데이터(SIMULATED)입니다. 숫자는 보기일 뿐입니다.",
        "Prices are SIMULATED, not market data: the figures are examples only.",
    ),
    "note_span": (
        "자료 기간: {start}부터 {end}까지, {sessions}거래일. 통화: {currency}. "
        "가격은 배당과 분할을 반영한 수정 종가입니다.",
        "Data: {start} to {end}, {sessions} sessions. Currency: {currency}. "
        "Prices are closes adjusted for dividends and splits.",
    ),
    "note_benchmark": (
        "비교 대상: {name}. 여러 자산이면 매달 비중을 되돌리고 비용은 없다고 봅니다.",
        "Benchmark: {name}. A mixture is brought back monthly, without costs.",
    ),
    "note_benchmark_short": (
        "비교 대상의 값은 {start}부터 {end}까지 두 자료가 모두 있는 날의 것입니다.",
        "Figures beside the benchmark are from {start} to {end}, the dates of both.",
    ),
    "note_words": (
        "흔들림 폭은 일간 수익률 표준편차를 연 단위로 바꾼 값, 하락은 고점 대비 "
        "낙폭입니다. "
        "연평균은 복리이며 세금은 비용에 적힌 것 말고는 넣지 않았습니다.",
        "Ups and downs: standard deviation of daily returns, a year. Falls are from "
        "the "
        "high before. Averages compound; taxes are not counted beyond the costs named.",
    ),
    "note_future": (
        "앞날의 그림은 과거 수익률을 다시 뽑은 계산(블록 부트스트랩)이며 예측이 "
        "아닙니다. "
        "과거에 없던 일은 담지 못합니다.",
        "The outlook redraws past returns (block bootstrap). It is no forecast and "
        "knows "
        "nothing that the past did not hold.",
    ),
    "sheet_footer": (
        "실행 {run} · 요청 해시 {hash} · 데이터 {data} · foresto_lab {version}",
        "Run {run} · request {hash} · data {data} · foresto_lab {version}",
    ),
    "sheet_page": ("{page} / {pages}", "{page} / {pages}"),
    "unregistered": ("등록되지 않음", "not registered"),
}
