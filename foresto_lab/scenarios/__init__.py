"""Scenario portfolios: what they are, and what becomes of them on given prices."""

from foresto_lab.scenarios.built_in import (
    BUILT_IN_RULES,
    BUILT_IN_SCENARIOS,
    DEFAULT_INSTRUMENT_MAP,
    DEFAULT_INSTRUMENTS,
)
from foresto_lab.scenarios.definition import UNCLASSIFIED, Instrument, Scenario
from foresto_lab.scenarios.many import simulate_many
from foresto_lab.scenarios.result import SimulationResult
from foresto_lab.scenarios.simulation import simulate
from foresto_lab.scenarios.weights import parse_weights
from foresto_lab.scenarios.weights_schedule import WeightsSchedule

__all__ = [
    "BUILT_IN_RULES",
    "BUILT_IN_SCENARIOS",
    "DEFAULT_INSTRUMENTS",
    "DEFAULT_INSTRUMENT_MAP",
    "UNCLASSIFIED",
    "Instrument",
    "Scenario",
    "SimulationResult",
    "WeightsSchedule",
    "parse_weights",
    "simulate",
    "simulate_many",
]
