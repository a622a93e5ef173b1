"""Ask made-up futures: the chance of ruin by year, and what it lets one withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import AmountError, InputError
from foresto_lab.scenarios.retirement.discounting import (
    paid_withdrawals,
    sustainable_rates,
    withdrawal_costs,
)
from foresto_lab.scenarios.retirement.plan import (
    MONTHS_PER_YEAR,
    WithdrawalPlan,
    WithdrawalTime,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, Frequency

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.labels import Language

RUIN_CHANCES: Final = (0.01, 0.05, 0.10, 0.25, 0.50)
_HALVINGS: Final = 50


@dataclass(frozen=True, eq=False, kw_only=True)
class RetirementOutlook:
    """The chances of a withdrawal on many futures.

    Parameters
    ----------
    ruin : DataFrame, index ``year``, columns withdrawal rates
        The share of paths that could not pay every withdrawal of the first so many
        years.
    withdrawals : Series, index ``ruin_chance``
        The largest rate at which at most that share of paths is ruined by the end.
    summary : Series
    plan : WithdrawalPlan
    inflation : float
    """

    ruin: pd.DataFrame
    withdrawals: pd.Series[float]
    summary: pd.Series[Any]
    plan: WithdrawalPlan
    inflation: float
    n_paths: int
    simulated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "plan": self.plan.to_dict(),
            "inflation": self.inflation,
            "n_paths": self.n_paths,
            "summary": dict(self.summary),
            "withdrawals": {f"{c:g}": float(r) for c, r in self.withdrawals.items()},
            "ruin": {
                f"{rate:g}": [float(share) for share in self.ruin[rate]]
                for rate in self.ruin
            },
        }

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return the chance of ruin by year as a Plotly figure."""
        from foresto_lab.figures.retirement import ruin_by_year

        return ruin_by_year(self, language=language)

    def __repr__(self) -> str:
        return (
            f"<RetirementOutlook {self.n_paths} paths of {self.plan.years} years: "
            f"{self.plan.rate:.2%} a year is ruined on "
            f"{self.summary['probability_of_ruin']:.1%} of them; "
            f"{self.withdrawals[0.05]:.2%} on at most 5 %>"
        )


def retirement_outlook(
    growth: Float64Array2D | Any,
    withdrawal_rate: float = 0.04,
    *,
    inflation: float | None = None,
    frequency: Frequency | str = "MONTHLY",
    withdraw_at: WithdrawalTime | str = "BEGIN",
    annual_fee: float = 0.0,
    rates: Sequence[float] = (0.03, 0.035, 0.04, 0.045, 0.05, 0.06),
    simulated: bool = False,
) -> RetirementOutlook:
    """Return the chances of ruin that futures give a yearly withdrawal.

    Withdrawals sell pro rata to the holdings, so the growth of the same futures without
    flows is all that is needed, and the answer for every rate is exact: it is no
    search. Taxes on gains, whole shares and minimum commissions break this; for those
    use ``largest_withdrawal``.

    Parameters
    ----------
    growth : (n_months + 1, n_paths), or a ForwardResult that keeps its growth
        Time-weighted growth of 1 at the start and at each month's end, nominal.
    withdrawal_rate : float
        A year, as a fraction of the initial amount, in the money of the start.
    inflation : float, optional
        A rate a year that withdrawals grow by. Left out, that of the ForwardResult, or
        none.
    rates : sequence of float
        Of the table of ruin.

    Raises
    ------
    InputError
        The growth is no such array, or not of whole years.
    AmountError, UnknownNameError
        A rate or name is none that can be.
    """
    monthly = _parse_growth(growth)
    years = (len(monthly) - 1) // MONTHS_PER_YEAR
    plan = WithdrawalPlan(
        withdrawal_rate,
        years,
        frequency,  # type: ignore[arg-type]  # parsed there
        withdraw_at,  # type: ignore[arg-type]
        annual_fee,
    )
    if inflation is None:
        inflation = getattr(growth, "inflation", 0.0)
    rate = _parse_inflation(inflation)
    times = np.arange(plan.n_periods() + 1) / plan.per_year
    grown = (
        monthly[:: plan.months_between] * ((1.0 - plan.annual_fee) ** times)[:, None]
    )
    costs = withdrawal_costs(grown, ((1.0 + rate) ** times)[:, None], plan)
    sustainable = sustainable_rates(costs, plan)
    columns = sorted({*(WithdrawalPlan(each).rate for each in rates), plan.rate})
    ruin = pd.DataFrame(
        {each: _ruin_by_year(costs, plan, each) for each in columns},
        index=pd.RangeIndex(1, years + 1, name="year"),
    ).rename_axis(columns="withdrawal_rate")
    withdrawals = pd.Series(
        [_rate_at_chance(sustainable, chance) for chance in RUIN_CHANCES],
        index=pd.Index(RUIN_CHANCES, name="ruin_chance"),
        name="sustainable_rate",
    )
    return RetirementOutlook(
        ruin=ruin,
        withdrawals=withdrawals,
        summary=pd.Series(
            {
                "paths": monthly.shape[1],
                "retirement_years": years,
                "withdrawal_rate": plan.rate,
                "probability_of_ruin": float(ruin[plan.rate].iloc[-1]),
                "p05_sustainable_rate": withdrawals[0.05],
                "median_sustainable_rate": float(np.median(sustainable)),
            },
            dtype=object,
            name="summary",
        ),
        plan=plan,
        inflation=rate,
        n_paths=monthly.shape[1],
        simulated=simulated or bool(getattr(growth, "simulated", False)),
    )


def largest_withdrawal(
    chance_of_ruin: Callable[[float], float],
    ruin_chance: float = 0.05,
    *,
    highest: float = 1.0,
    tolerance: float = 1e-4,
) -> float:
    """Return the largest withdrawal whose chance of ruin is not above the one given.

    It halves the interval between 0 and ``highest``: the chance must not fall as more
    is withdrawn, which common random numbers (one ``seed``) see to. For what
    ``retirement_outlook`` cannot tell: ``lambda rate: fl.forward(..., cashflows=
    fl.Withdrawal(rate * amount, "ANNUAL"), seed=0).summary["probability_of_ruin"]``.

    Parameters
    ----------
    chance_of_ruin : callable
        From a withdrawal to the chance that the money does not last.
    ruin_chance : float
        0 or more and below 1.
    highest : float
        Withdrawal to search below.
    tolerance : float
        The width of the interval at which the search ends; its lower end is returned.

    Raises
    ------
    AmountError
        The chance or the bounds are none that can be.
    """
    if not 0.0 <= ruin_chance < 1.0:
        raise AmountError(
            parameter="ruin_chance", given=ruin_chance, allowed="0 or more and below 1"
        )
    if not (0.0 < tolerance < highest < float("inf")):
        raise AmountError(
            parameter="highest", given=highest, allowed="finite and above tolerance > 0"
        )
    if chance_of_ruin(highest) <= ruin_chance:
        return highest
    low, high = 0.0, highest
    for _ in range(_HALVINGS):
        if high - low <= tolerance:
            break
        middle = 0.5 * (low + high)
        if chance_of_ruin(middle) <= ruin_chance:
            low = middle
        else:
            high = middle
    return low


def _rate_at_chance(sustainable: Float64Array1D, chance: float) -> float:
    """Return the largest rate that at most this share of paths does not sustain."""
    allowed = int(chance * len(sustainable) + 1e-9)
    ordered = np.sort(sustainable)
    return float(ordered[min(allowed, len(ordered) - 1)])


def _ruin_by_year(
    costs: Float64Array2D, plan: WithdrawalPlan, rate: float
) -> Sequence[float]:
    paid = paid_withdrawals(costs, plan, rate)
    due = plan.per_year * np.arange(1, plan.years + 1)
    shares: Sequence[float] = (paid[None, :] < due[:, None]).mean(axis=1).tolist()
    return shares


def _parse_growth(given: Any) -> Float64Array2D:
    if getattr(given, "cashflows", None) is not None:
        raise InputError(
            message="This forward result was made with cash flows. Leave them out: the "
            "growth of the same futures without flows answers for every withdrawal."
        )
    array = getattr(given, "growth", given)
    if array is None or isinstance(array, Mapping):
        raise InputError(
            message="This forward result keeps no growth of its paths; compute it anew."
        )
    growth = np.asarray(array, dtype=np.float64)
    if growth.ndim != 2 or growth.shape[1] < 1 or len(growth) < MONTHS_PER_YEAR + 1:
        raise InputError(
            message=f"growth has shape {growth.shape}; it takes a row for the start "
            "and for each month's end of at least one year, and a column a path."
        )
    if (len(growth) - 1) % MONTHS_PER_YEAR:
        raise InputError(
            message=f"growth has {len(growth) - 1} months; give whole years."
        )
    if not (np.isfinite(growth).all() and (growth >= 0.0).all()):
        raise InputError(message="growth holds values that are negative or not finite.")
    if not np.allclose(growth[0], 1.0, rtol=0.0, atol=1e-9):
        raise InputError(message="growth must begin at 1 on every path.")
    return growth


def _parse_inflation(given: object) -> float:
    from foresto_lab.rebalancing.cashflows.growth import parse_growth

    rate = parse_growth(given)
    if isinstance(rate, float):
        return rate
    raise AmountError(
        parameter="inflation", given=given, allowed="a rate a year: prices end today"
    )
