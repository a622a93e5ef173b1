"""Make the SIMULATED sample prices, from the published figures they are fitted to.

    python data/sample/make_sample.py

Five invented funds, one per asset class, on the real sessions of the Korea Exchange.
Their yearly return, volatility and correlations are those published for the asset
classes over the long run; their days have the fat tails and the spells of high
volatility that are published for all of them. No price in the file was ever quoted.

How: shocks are multivariate Student t; each fund has a GARCH(1,1) volatility that
rises more after losses where a leverage effect is known (Glosten, Jagannathan and
Runkle 1993). The shocks are then mixed linearly so that their sample covariance is the
target's exactly, and shifted so that the growth over the whole span is. The cash fund
accrues a slowly moving short rate. Prices are rounded to the exchange's tick.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import exchange_calendars
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parent
PRICE_FILE = "SIMULATED_daily_prices.parquet"
METADATA_FILE = "metadata.json"
GENERATOR = "make_sample.py"
GENERATOR_VERSION = "1.0.0"

SEED = 9
CALENDAR = "XKRX"
MARKET = "KRX_ETF"
FIRST, LAST = "2010-01-04", "2024-12-30"
SESSIONS_PER_YEAR = 252
DAYS_PER_YEAR = 365.25
TICK = 5.0
LABEL = "SIMULATED: invented prices, fitted to published long-run figures"

DAMODARAN = (
    "A. Damodaran, Historical Returns on Stocks, Bonds and Bills: 1928-2023 "
    "(histretSP.xls, January 2024), S&P 500 with dividends, 3-month T-bill, 10-year "
    "T-bond and gold: geometric mean, sample standard deviation and correlations of "
    "the 96 annual returns"
)
GORTON_ROUWENHORST = (
    "G. Gorton and K. G. Rouwenhorst (2006), Facts and Fantasies about Commodity "
    "Futures, Financial Analysts Journal 62(2): equally weighted, collateralised, "
    "1959-2004: 0.89 % a month on average and annual standard deviation 12.1 %, which "
    "compound to 10.42 % a year; monthly "
    "correlations with stocks 0.05 and bonds -0.14. NOT CHECKED against the paper: "
    "the standard deviation and both correlations; only the monthly average was"
)
CONT = (
    "R. Cont (2001), Empirical properties of asset returns: stylized facts and "
    "statistical issues, Quantitative Finance 1, 223-236: tail index above 2 and below "
    "5, volatility clustering, returns themselves uncorrelated, leverage effect"
)


@dataclass(frozen=True, slots=True)
class Fund:
    """An invented fund and the figures it is fitted to (fractions per year).

    ``persistence``, ``reaction`` and ``leverage`` are the GARCH coefficients of
    yesterday's variance, yesterday's squared shock, and the latter after a loss.
    """

    symbol: str
    asset_class: str
    name_ko: str
    name_en: str
    annual_return: float
    volatility: float
    source: str
    first_price: float
    typical_volume: float
    reaction: float = 0.0
    leverage: float = 0.0
    persistence: float = 0.0


FUNDS = (
    Fund(
        "SIM_EQUITY",
        "equity",
        "모의 주식",
        "Simulated equity",
        annual_return=0.0980,
        volatility=0.1955,
        source=DAMODARAN,
        first_price=20_000.0,
        typical_volume=4_000_000.0,
        reaction=0.02,
        leverage=0.10,
        persistence=0.91,
    ),
    Fund(
        "SIM_BOND",
        "bond",
        "모의 채권",
        "Simulated bond",
        annual_return=0.0457,
        volatility=0.0795,
        source=DAMODARAN,
        first_price=100_000.0,
        typical_volume=60_000.0,
        reaction=0.05,
        persistence=0.93,
    ),
    Fund(
        "SIM_CASH",
        "cash",
        "모의 단기금융",
        "Simulated cash",
        annual_return=0.0330,
        volatility=0.0,
        source=DAMODARAN,
        first_price=100_000.0,
        typical_volume=90_000.0,
    ),
    Fund(
        "SIM_GOLD",
        "gold",
        "모의 금",
        "Simulated gold",
        annual_return=0.0492,
        volatility=0.2077,
        source=DAMODARAN,
        first_price=10_000.0,
        typical_volume=150_000.0,
        reaction=0.05,
        persistence=0.93,
    ),
    Fund(
        "SIM_OTHER",
        "other",
        "모의 원자재",
        "Simulated commodities",
        annual_return=0.1042,
        volatility=0.1210,
        source=GORTON_ROUWENHORST,
        first_price=10_000.0,
        typical_volume=120_000.0,
        reaction=0.05,
        persistence=0.93,
    ),
)
RISKY = tuple(fund for fund in FUNDS if fund.volatility > 0)

CORRELATIONS = {
    ("SIM_EQUITY", "SIM_BOND"): (0.023, DAMODARAN),
    ("SIM_EQUITY", "SIM_GOLD"): (-0.075, DAMODARAN),
    ("SIM_BOND", "SIM_GOLD"): (-0.013, DAMODARAN),
    ("SIM_EQUITY", "SIM_OTHER"): (0.05, GORTON_ROUWENHORST),
    ("SIM_BOND", "SIM_OTHER"): (-0.14, GORTON_ROUWENHORST),
    ("SIM_GOLD", "SIM_OTHER"): (0.25, "assumed: gold is itself a commodity"),
}
TAIL_INDEX = (2.0, 5.0)


# --- returns ----------------------------------------------------------------------


def target_correlations() -> np.ndarray:
    """Return the correlation matrix of the risky funds."""
    symbols = [fund.symbol for fund in RISKY]
    matrix = np.eye(len(symbols))
    for (first, second), (value, _) in CORRELATIONS.items():
        row, column = symbols.index(first), symbols.index(second)
        matrix[row, column] = matrix[column, row] = value
    return matrix


def simulate_shocks(
    random: np.random.Generator, session_count: int, *, degrees: float = 5.0
) -> np.ndarray:
    """Return clustered, fat-tailed shocks, ``(n_sessions, n_risky)``, unit scale."""
    root = np.linalg.cholesky(target_correlations())
    normal = random.standard_normal((session_count, len(RISKY))) @ root.T
    mixing = random.chisquare(degrees, size=(session_count, 1)) / (degrees - 2.0)
    innovations = normal / np.sqrt(mixing)
    reaction = np.array([fund.reaction for fund in RISKY])
    leverage = np.array([fund.leverage for fund in RISKY])
    persistence = np.array([fund.persistence for fund in RISKY])
    base = 1.0 - reaction - leverage / 2.0 - persistence
    shocks = np.empty_like(innovations)
    variance = np.ones(len(RISKY))
    for session in range(session_count):
        shocks[session] = np.sqrt(variance) * innovations[session]
        after_loss = leverage * (shocks[session] < 0.0)
        variance = (
            base + (reaction + after_loss) * shocks[session] ** 2
        ) + persistence * variance
    return shocks


def match_moments(shocks: np.ndarray, years: float) -> np.ndarray:
    """Return log returns whose sample moments are the targets' exactly."""
    centred = shocks - shocks.mean(axis=0)
    have = np.linalg.cholesky(np.cov(centred, rowvar=False))
    daily = np.array([f.volatility for f in RISKY]) / np.sqrt(SESSIONS_PER_YEAR)
    want = np.linalg.cholesky(np.outer(daily, daily) * target_correlations())
    growth = np.log1p([fund.annual_return for fund in RISKY]) * years
    return centred @ np.linalg.solve(have, np.eye(len(RISKY))).T @ want.T + (
        growth / len(shocks)
    )


def accrue_cash(
    random: np.random.Generator, session_count: int, years: float
) -> np.ndarray:
    """Return the cash fund's log returns: a short rate that moves slowly, above 0."""
    cash = next(fund for fund in FUNDS if fund.volatility == 0.0)
    level = np.empty(session_count)
    value = 0.0
    for session in range(session_count):
        value += -0.0012 * value + 0.028 * random.standard_normal()
        level[session] = value
    rate = np.exp(level)
    return rate / rate.sum() * np.log1p(cash.annual_return) * years


# --- prices -----------------------------------------------------------------------


def to_tick(prices: np.ndarray) -> np.ndarray:
    """Return prices rounded to the exchange's tick."""
    return np.maximum(np.round(prices / TICK) * TICK, TICK)


def draw_bars(
    fund: Fund, log_returns: np.ndarray, random: np.random.Generator
) -> pd.DataFrame:
    """Return open, high, low, close and volume of one fund, one row per session."""
    count = len(log_returns)
    scale = max(float(np.std(log_returns[1:])), 1e-6)
    path = fund.first_price * np.exp(np.cumsum(log_returns))
    before = np.concatenate(([path[0]], path[:-1]))
    gap = 0.35 * log_returns + 0.25 * scale * random.standard_normal(count)
    opening = to_tick(before * np.exp(gap))
    close = to_tick(path)
    reach = 0.45 * scale * np.abs(random.standard_normal((2, count)))
    high = to_tick(np.maximum(opening, close) * np.exp(reach[0]))
    low = to_tick(np.minimum(opening, close) * np.exp(-reach[1]))
    mood = np.zeros(count)
    for session in range(1, count):
        mood[session] = 0.9 * mood[session - 1] + 0.18 * random.standard_normal()
    surprise = np.minimum(np.abs(log_returns) / scale, 8.0)
    volume = np.round(fund.typical_volume * np.exp(mood + 0.12 * surprise - 0.1))
    return pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(high, np.maximum(opening, close)),
            "low": np.minimum(low, np.minimum(opening, close)),
            "close": close,
            "adj_close": close,
            "volume": volume,
        }
    )


def make_prices(seed: int = SEED) -> pd.DataFrame:
    """Return the whole sample as long rows: symbol, date, OHLC, adj_close, volume."""
    random = np.random.default_rng(seed)
    calendar = exchange_calendars.get_calendar(CALENDAR, start=FIRST, end=LAST)
    sessions = calendar.sessions_in_range(FIRST, LAST)
    years = (sessions[-1] - sessions[0]).days / DAYS_PER_YEAR
    steps = len(sessions) - 1
    log_returns = dict(
        zip(
            [fund.symbol for fund in RISKY],
            match_moments(simulate_shocks(random, steps), years).T,
            strict=True,
        )
    )
    log_returns["SIM_CASH"] = accrue_cash(random, steps, years)
    frames = []
    for fund in FUNDS:
        bars = draw_bars(
            fund, np.concatenate(([0.0], log_returns[fund.symbol])), random
        )
        bars.insert(0, "symbol", fund.symbol)
        bars.insert(1, "date", sessions.date)
        bars["label"] = LABEL
        frames.append(bars)
    return pd.concat(frames, ignore_index=True)


# --- what was achieved ------------------------------------------------------------


def hill_tail_index(returns: np.ndarray, share: float = 0.05) -> float:
    """Return Hill's estimate of the tail index from the largest ``share`` of moves."""
    sizes = np.sort(np.abs(returns))[::-1]
    count = int(len(sizes) * share)
    return float(1.0 / np.mean(np.log(sizes[:count] / sizes[count])))


def measure(prices: pd.DataFrame) -> dict[str, Any]:
    """Return the figures that the prices achieve, fund by fund."""
    closes = prices.pivot(index="date", columns="symbol", values="adj_close")
    log_returns = np.log(closes).diff().iloc[1:]
    years = (closes.index[-1] - closes.index[0]).days / DAYS_PER_YEAR
    growth = (closes.iloc[-1] / closes.iloc[0]) ** (1 / years) - 1
    volatility = log_returns.std(ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    drawdown = (closes / closes.cummax() - 1).min()
    correlation = log_returns.corr()
    return {
        "funds": {
            fund.symbol: {
                "annual_return": round(float(growth[fund.symbol]), 6),
                "volatility": round(float(volatility[fund.symbol]), 6),
                "excess_kurtosis": round(float(log_returns[fund.symbol].kurt()), 3),
                "tail_index": round(
                    hill_tail_index(log_returns[fund.symbol].to_numpy()), 3
                ),
                "max_drawdown": round(float(drawdown[fund.symbol]), 4),
            }
            for fund in FUNDS
        },
        "correlations": {
            f"{first}/{second}": round(float(correlation.loc[first, second]), 4)
            for first, second in CORRELATIONS
        },
    }


def describe(prices: pd.DataFrame, checksum: str) -> dict[str, Any]:
    """Return the metadata that goes beside the file."""
    return {
        "label": LABEL,
        "simulated": True,
        "file": PRICE_FILE,
        "sha256": checksum,
        "row_count": len(prices),
        "calendar": CALENDAR,
        "currency": "KRW",
        "first_date": FIRST,
        "last_date": LAST,
        "licence": "the same as the package's",
        "generator": {
            "script": GENERATOR,
            "version": GENERATOR_VERSION,
            "seed": SEED,
            "numpy_bit_generator": "PCG64",
        },
        "adjustment": "the funds reinvest what they receive: adj_close equals close",
        "instruments": [
            {
                "symbol": fund.symbol,
                "name_ko": fund.name_ko,
                "name_en": fund.name_en,
                "asset_class": fund.asset_class,
                "currency": "KRW",
                "calendar": CALENDAR,
                "market": MARKET,
                "simulated": True,
            }
            for fund in FUNDS
        ],
        "targets": {
            "funds": {
                fund.symbol: {
                    name: value
                    for name, value in asdict(fund).items()
                    if name in ("annual_return", "volatility", "source")
                }
                for fund in FUNDS
            },
            "correlations": {
                f"{first}/{second}": {"value": value, "source": source}
                for (first, second), (value, source) in CORRELATIONS.items()
            },
            "tail_index": {"range": list(TAIL_INDEX), "source": CONT},
            "note": (
                "The figures are those of the asset classes in their home currency; "
                "the funds are quoted in won as if hedged. Cash has no volatility "
                "target: its rate moves slowly."
            ),
        },
        "achieved": measure(prices),
    }


def to_table(prices: pd.DataFrame) -> pa.Table:
    """Return the rows as an Arrow table that carries the label in its schema."""
    table = pa.Table.from_pandas(prices, preserve_index=False)
    names = {b"title": LABEL.encode(), b"simulated": b"true"}
    return table.replace_schema_metadata(names)


def main() -> None:
    """Write the price file and its metadata beside this script."""
    prices = make_prices()
    path = FOLDER / PRICE_FILE
    pq.write_table(to_table(prices), path, compression="zstd", compression_level=19)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    text = json.dumps(describe(prices, checksum), ensure_ascii=False, indent=2)
    (FOLDER / METADATA_FILE).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
