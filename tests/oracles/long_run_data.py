"""The long-run tables as prices: Damodaran by year, Shiller by month.

Damodaran's are total returns of calendar years. Shiller's price is a month's average of
daily closes; his dividends and the long rate are yearly figures. Stocks: a month earns
the price's change and a twelfth of the dividend. Bonds: a ten-year par bond bought at a
month's rate, its coupon of a month, and its price at the next month's rate with the
maturity kept at ten years (Damodaran's way, by the month).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def damodaran_returns(folder: Path) -> pd.DataFrame:
    """Return total returns of each year, index 31 December, 1928 to 2023."""
    file = folder / "longrun_damodaran" / "annual_returns_1928_2023.csv"
    table = pd.read_csv(file, index_col="year")
    table.index = pd.to_datetime([f"{year}-12-31" for year in table.index])
    return table


def levels(returns: pd.DataFrame) -> pd.DataFrame:
    """Return what 1 grew to, with a row of 1 a year before the first."""
    grown = (1.0 + returns).cumprod()
    grown.loc[returns.index[0] - pd.DateOffset(years=1)] = 1.0
    return grown.sort_index()


def shiller(folder: Path) -> pd.DataFrame:
    """Return Shiller's months that have a dividend: 1871-01 to 2023-06."""
    file = folder / "longrun_public" / "shiller_sp500_monthly.csv"
    table = pd.read_csv(file, index_col="Date", parse_dates=True)
    return table.loc[:"2023-06-01"]


def shiller_levels(folder: Path) -> pd.DataFrame:
    """Return total-return levels of ``stock`` and ``bond`` and ``cpi``, by month."""
    table = shiller(folder)
    price, dividend = table["SP500"], table["Dividend"]
    stock = (price + dividend.shift(1) / 12.0) / price.shift(1)
    rate = table["Long Interest Rate"] / 100.0
    then = rate.shift(1)
    value = (then / rate) * (1 - (1 + rate) ** -10) + (1 + rate) ** -10
    bond = value + then / 12.0
    return pd.DataFrame(
        {
            "stock": stock.fillna(1.0).cumprod(),
            "bond": bond.fillna(1.0).cumprod(),
            "cpi": table["Consumer Price Index"],
        }
    )
