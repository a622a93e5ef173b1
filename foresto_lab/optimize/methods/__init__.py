"""Ways to search a space: grid, random, genetic, NSGA-II and TPE."""

from __future__ import annotations

from foresto_lab.optimize.methods.grid import Grid
from foresto_lab.optimize.methods.parsing import METHODS, parse_method
from foresto_lab.optimize.methods.random import Random

__all__ = ["METHODS", "Grid", "Random", "parse_method"]
