"""Ways to search a space: grid, random, genetic, NSGA-II and TPE."""

from __future__ import annotations

from foresto_lab.optimize.methods.genetic import Genetic
from foresto_lab.optimize.methods.grid import Grid
from foresto_lab.optimize.methods.nsga2 import Nsga2
from foresto_lab.optimize.methods.parsing import METHODS, parse_method
from foresto_lab.optimize.methods.random import Random
from foresto_lab.optimize.methods.tpe import Tpe

__all__ = ["METHODS", "Genetic", "Grid", "Nsga2", "Random", "Tpe", "parse_method"]
