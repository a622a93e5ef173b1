"""foresto_lab: a research workbench in JupyterLab.

>>> import foresto_lab as fl
>>> rule = fl.Drift(threshold=0.05, cost_rate=0.001)
>>> result = fl.simulate(prices, {"equity": 0.6, "bond": 0.4}, rule)  # doctest: +SKIP

The names below load on first use, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from foresto_lab._version import __version__

if TYPE_CHECKING:
    from foresto_lab import errors as errors
    from foresto_lab import figures as figures
    from foresto_lab import widgets as widgets
    from foresto_lab.errors import ForestoError as ForestoError
    from foresto_lab.findings import Finding as Finding
    from foresto_lab.lab import Lab as Lab
    from foresto_lab.lab import open_lab as open_lab
    from foresto_lab.market import get_calendar as get_calendar
    from foresto_lab.metrics.performance import performance as performance
    from foresto_lab.rebalancing import Drift as Drift
    from foresto_lab.rebalancing import Hybrid as Hybrid
    from foresto_lab.rebalancing import Periodic as Periodic
    from foresto_lab.scenarios import Instrument as Instrument
    from foresto_lab.scenarios import Scenario as Scenario
    from foresto_lab.scenarios import SimulationResult as SimulationResult
    from foresto_lab.scenarios import simulate as simulate
    from foresto_lab.scenarios import simulate_many as simulate_many

__all__ = [
    "Drift",
    "Finding",
    "ForestoError",
    "Hybrid",
    "Instrument",
    "Lab",
    "Periodic",
    "Scenario",
    "SimulationResult",
    "__version__",
    "errors",
    "figures",
    "get_calendar",
    "open_lab",
    "performance",
    "simulate",
    "simulate_many",
    "widgets",
]

_HOMES: Final = {
    "Drift": "rebalancing",
    "Finding": "findings",
    "ForestoError": "errors",
    "Hybrid": "rebalancing",
    "Instrument": "scenarios",
    "Lab": "lab",
    "Periodic": "rebalancing",
    "Scenario": "scenarios",
    "SimulationResult": "scenarios",
    "get_calendar": "market",
    "open_lab": "lab",
    "performance": "metrics.performance",
    "simulate": "scenarios",
    "simulate_many": "scenarios",
}
_SUBPACKAGES: Final = frozenset({"errors", "figures", "widgets"})


def __getattr__(name: str) -> Any:
    """Import a public name from the module it lives in, the first time it is used."""
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(_unknown(name), name=name, obj=import_module(__name__))
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not, for tab completion."""
    return list(__all__)


def _unknown(name: str) -> str:
    return f"foresto_lab has no name {name!r}; it has {', '.join(__all__)}"
