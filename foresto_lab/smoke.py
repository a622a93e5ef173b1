"""A smoke test of the public API.

Does this installation, on this machine and store, give right numbers? Each step uses
the API as a user would and compares what comes out with numbers worked out by hand.
Nothing is written to the store: what has to be stored is stored in a temporary
workspace of its own.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.lab import Lab

FIRST_SESSIONS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
"""Four sessions in a row of the Korean exchange."""


@dataclass(frozen=True, slots=True)
class SmokeStep:
    """One step: what was tried, whether it went well, how long it took."""

    name: str
    passed: bool
    seconds: float
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain JSON-ready values."""
        return {
            "name": self.name,
            "passed": self.passed,
            "seconds": round(self.seconds, 4),
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """The steps of a smoke test, in the order they were tried."""

    store: str
    steps: tuple[SmokeStep, ...]

    @property
    def passed(self) -> bool:
        """Whether every step went well."""
        return all(step.passed for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "store": self.store,
            "passed": self.passed,
            "steps": [step.to_dict() for step in self.steps],
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        lines = [
            f"{'ok  ' if step.passed else 'FAIL'} {step.name}: {step.detail}"
            for step in self.steps
        ]
        return "\n".join([f"Smoke test of {self.store}", *lines])


class _Wrong(Exception):
    """A step gave another number than the one worked out by hand."""


def smoke_test(lab: Lab) -> SmokeReport:
    """Try the public API against a workspace; a step that fails stops no other."""
    return SmokeReport(
        store=lab.storage.location,
        steps=tuple(_try(name, step, lab) for name, step in STEPS.items()),
    )


def _try(name: str, step: Callable[[Lab], str], lab: Lab) -> SmokeStep:
    begun = time.perf_counter()
    try:
        passed, detail = True, step(lab)
    except (ForestoError, _Wrong) as error:
        passed, detail = False, str(error)
    except Exception as error:  # whatever fails here is what the test is for
        passed, detail = False, f"{type(error).__name__}: {error}"
    return SmokeStep(name, passed, time.perf_counter() - begun, detail)


def _definitions(lab: Lab) -> str:
    scenarios, rules = lab.scenarios(), lab.rules()
    for name in scenarios.index:
        total = math.fsum(lab.scenario(name).weights.values())
        _require(total <= 1 + 1e-9, f"the weights of {name} sum to {total!r}")
    return f"{len(scenarios)} scenarios, {len(rules)} rules"


def _prices(lab: Lab) -> str:
    coverage = lab.coverage()
    if not len(coverage):
        return "no prices are loaded yet"
    symbol = str(coverage["symbol"].iloc[0])
    stored = lab.prices([symbol])[symbol].dropna()
    _require(len(stored) > 0, f"{symbol} is listed but has no price")
    _require(bool((stored > 0).all()), f"{symbol} has prices that are not above 0")
    return (
        f"{len(coverage):,} instruments, {int(coverage['row_count'].sum()):,} rows, "
        f"{lab.storage.series.data_version()}"
    )


def _buy_and_hold(lab: Lab) -> str:
    """Half in an asset that doubles, half in one that stands: 100 becomes 150."""
    import foresto_lab as fl

    result = fl.simulate(
        _two_assets(), {"doubling": 0.5, "standing": 0.5}, initial_amount=100
    )
    nav = result.path["nav"].tolist()
    _require(nav == [100.0, 100.0, 100.0, 150.0], f"NAVs {nav}, not 100, 100, 100, 150")
    return "NAV 100 becomes 150, as by hand"


def _rebalancing(lab: Lab) -> str:
    """After the doubling the weights are 2/3 and 1/3: back to halves moves 1/6."""
    import foresto_lab as fl

    result = fl.simulate(
        _two_assets(),
        {"doubling": 0.5, "standing": 0.5},
        fl.Drift(0.1, cost_rate=0.006),
        initial_amount=100,
    )
    _require(len(result.events) == 1, f"{len(result.events)} events, not 1")
    event = result.events.iloc[0]
    _close(float(event["turnover"]), 1 / 6, "the turnover")
    _close(float(event["cost_amount"]), 150 / 6 * 0.006, "the cost")
    return "one trade, turnover 1/6, cost 0.15, as by hand"


def _kept_run(lab: Lab) -> str:
    """Load, simulate, find again and reproduce, in a workspace of its own."""
    from foresto_lab.lab import open_lab

    with tempfile.TemporaryDirectory(prefix="foresto-smoke-") as folder:
        home = Path(folder)
        scratch = open_lab(home, f"sqlite:///{home / 'data' / 'foresto.db'}")
        file = home / "prices.csv"
        wide = _two_assets().reset_index()
        wide.melt("date", var_name="symbol", value_name="close").to_csv(
            file, index=False
        )
        try:
            scratch.load_prices(file)
            weights = {"doubling": 0.5, "standing": 0.5}
            run = scratch.simulate(weights, initial_amount=100)
            again = scratch.simulate(weights, initial_amount=100)
            _require(run.run_id == again.run_id, "the same request made a second run")
            kept = scratch.run(str(run.run_id)).path["nav"].tolist()
            _require(kept == run.path["nav"].tolist(), "the kept run reads otherwise")
            identical = scratch.reproduce(str(run.run_id)).identical
            _require(identical, "a rerun gave other numbers")
        finally:
            scratch.storage.close()
    return "stored, found again, read back and reproduced to the last bit"


def _newest_run(lab: Lab) -> str:
    """Read the newest run of the store and run it again."""
    runs = lab.run_records(kind="simulation", status="completed", limit=1)
    if not runs:
        return "no completed run is kept yet"
    reproduction = lab.reproduce(runs[0].run_id)
    _require(reproduction.identical, f"{runs[0].run_id} does not reproduce")
    return f"{runs[0].run_id}: {reproduction.values_compared:,} numbers as they were"


STEPS: Mapping[str, Callable[[Any], str]] = {
    "definitions": _definitions,
    "prices": _prices,
    "buy and hold": _buy_and_hold,
    "rebalancing": _rebalancing,
    "kept run": _kept_run,
    "newest run": _newest_run,
}


def _two_assets() -> pd.DataFrame:
    import pandas as pd

    index = pd.DatetimeIndex(FIRST_SESSIONS, name="date")
    closes = {"doubling": [1.0, 1.0, 1.0, 2.0], "standing": [1.0, 1.0, 1.0, 1.0]}
    return pd.DataFrame(closes, index=index)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Wrong(otherwise)


def _close(found: float, expected: float, what: str) -> None:
    if not math.isclose(found, expected, rel_tol=1e-9):
        raise _Wrong(f"{what} is {found!r}, by hand it is {expected!r}")
