"""What the figures read off a search: its trials by place, levels, formats, names.

A search may hold a million trials. Every figure puts them together in cells or bins, or
draws some of them: always the best, and the others evenly apart by rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import UnknownNameError
from foresto_lab.figures.backtest_path import SIMULATED_PREFIX
from foresto_lab.figures.optimization_words import value_text
from foresto_lab.labels import MEASURES, MISSING
from foresto_lab.optimize.evaluation import ALIASES
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

MOST_LEVELS: Final = 40
"""Values of a parameter that are drawn one by one; more are put together in bins."""
_NOT_PARAMETERS: Final = frozenset({"trial", "objective", "feasible", "rank"})


@dataclass(frozen=True, eq=False)
class Levels:
    """The values of one parameter in order, and which of them each trial has.

    Parameters
    ----------
    texts : tuple of str
        A word for each level: the value, or from which to which a bin goes.
    centres : (n_levels,)
        A number for each level; of choices, their place.
    places : (n,)
        For each trial the level's place.
    binned : bool
        Whether levels are bins of several values.
    numeric : bool
        Whether the values are numbers.
    """

    texts: tuple[str, ...]
    centres: Float64Array1D
    places: Int64Array1D
    binned: bool
    numeric: bool

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, eq=False)
class SearchTrials:
    """The trials of a search as figures draw them.

    Parameters
    ----------
    frame : DataFrame
        A row a trial: parameters, figures, ``objective``, ``feasible``, ``rank``.
    parameters : tuple of str
    objectives : tuple of str
        Names of what is searched for, as columns of ``frame``.
    maximize : tuple of bool
    best : mapping
        The chosen parameters.
    total : int
        Combinations evaluated; ``frame`` may hold fewer.
    simulated : bool
    """

    frame: pd.DataFrame
    parameters: tuple[str, ...]
    objectives: tuple[str, ...]
    maximize: tuple[bool, ...]
    best: Mapping[str, Any]
    total: int
    simulated: bool

    def __len__(self) -> int:
        return len(self.frame)

    def column_of(self, metric: str | None) -> str:
        """Return the column that holds a metric, the first objective by default.

        Raises
        ------
        UnknownNameError
            There is no such figure.
        """
        asked = self.objectives[0] if metric is None else metric
        of_portfolios = {exact: alias for alias, exact in ALIASES.items()}
        for name in (
            asked,
            ALIASES.get(asked, asked),
            of_portfolios.get(asked, asked),
        ):
            if name in self.frame.columns:
                return name
        if metric is None or metric == self.objectives[0]:
            return "objective"
        known = [str(n) for n in self.frame.columns if n not in self.parameters]
        raise UnknownNameError(kind="metric", given=asked, allowed=tuple(known))

    def require_parameter(self, name: str) -> str:
        """Return a parameter's name, or raise UnknownNameError."""
        if name not in self.parameters:
            raise UnknownNameError(
                kind="parameter", given=name, allowed=self.parameters
            )
        return name

    def values(self, metric: str | None = None) -> Float64Array1D:
        """Return a metric of every trial; infinite values are none."""
        column = self.frame[self.column_of(metric)].to_numpy(dtype=float).copy()
        column[~np.isfinite(column)] = np.nan
        return column

    def more_is_better(self, metric: str | None = None) -> bool:
        """Return whether more of a metric is better."""
        name = self.objectives[0] if metric is None else metric
        if name in self.objectives:
            return self.maximize[self.objectives.index(name)]
        known = MEASURES.get(ALIASES.get(name, name))
        return known is None or known.better != "lower"

    @cached_property
    def feasible(self) -> BoolArray1D:
        """Whether every constraint on a trial's figures holds."""
        if "feasible" not in self.frame:
            return np.ones(len(self.frame), dtype=np.bool_)
        return self.frame["feasible"].to_numpy(dtype=bool)

    @cached_property
    def numbers(self) -> Int64Array1D:
        """The trials' numbers."""
        if "trial" in self.frame:
            return self.frame["trial"].to_numpy(dtype=np.int64)
        return np.asarray(self.frame.index, dtype=np.int64)

    @cached_property
    def by_rank(self) -> Int64Array1D:
        """Places of the trials that have a value and are feasible, the best first."""
        values = self.values()
        usable = np.flatnonzero(~np.isnan(values) & self.feasible)
        if "rank" in self.frame and self.frame["rank"].notna().all():
            key = self.frame["rank"].to_numpy(dtype=float)[usable]
        else:
            key = -values[usable] if self.more_is_better() else values[usable]
        ranked: Int64Array1D = usable[np.argsort(key, kind="stable")]
        return ranked

    @cached_property
    def chosen(self) -> int | None:
        """The place of the chosen trial, None where it is not among these."""
        matching = np.ones(len(self.frame), dtype=bool)
        for name in self.parameters:
            if name in self.best:
                matching &= equals(self.frame[name], self.best[name])
        found = np.flatnonzero(matching)
        if len(found):
            return int(found[0])
        return int(self.by_rank[0]) if len(self.by_rank) else None

    def some(self, most: int, best: int = 100) -> Int64Array1D:
        """Return places of at most ``most`` trials: the best, others by even ranks."""
        ranked = self.by_rank
        if len(ranked) <= most:
            return ranked
        rest = np.linspace(best, len(ranked) - 1, most - best).round().astype(np.int64)
        return np.concatenate([ranked[:best], ranked[np.unique(rest)]])

    def levels(self, name: str, most: int = MOST_LEVELS) -> Levels:
        """Return the values of a parameter in order, in bins where they are many."""
        return levels_of(self.frame[self.require_parameter(name)], most)

    def varied(self) -> tuple[str, ...]:
        """Return the parameters that have more than one value."""
        return tuple(
            name
            for name in self.parameters
            if len(self.frame) and _varies(self.frame[name])
        )


def searched(result: OptimizationResult) -> SearchTrials:
    """Return the trials of a search as figures draw them."""
    frame = result.trials
    space = getattr(result, "space", None)
    named = tuple(getattr(space, "names", None) or ())
    parameters = named or tuple(
        str(name) for name in result.best if name not in _NOT_PARAMETERS
    )
    present = tuple(name for name in parameters if name in frame.columns)
    objectives, maximize = objectives_of(result)
    total = getattr(result, "evaluated", None)
    return SearchTrials(
        frame=frame.reset_index(drop=True),
        parameters=present,
        objectives=objectives,
        maximize=maximize,
        best=dict(result.best or {}),
        total=int(total) if isinstance(total, int | np.integer) else len(frame),
        simulated=is_simulated_search(result),
    )


def objectives_of(result: Any) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Return the names of what was searched for, and whether more of each is better."""
    asked = getattr(result, "objectives", None) or getattr(result, "objective", None)
    listed = asked if isinstance(asked, list | tuple) else [asked]
    names = tuple(str(getattr(one, "name", one) or "objective") for one in listed)
    ways = tuple(
        _more_is_better(one, str(name)) for one, name in zip(listed, names, strict=True)
    )
    return names, ways


def _more_is_better(objective: Any, name: str) -> bool:
    told = getattr(objective, "more_is_better", None)
    if told is not None:
        return bool(told)
    known = MEASURES.get(ALIASES.get(name, name))
    return known is None or known.better != "lower"


def is_simulated_search(result: Any) -> bool:
    """Return whether a search was made on simulated prices."""
    told = getattr(result, "simulated", None)
    if told is not None:
        return bool(told)
    symbols = getattr(result, "symbols", None) or [getattr(result, "symbol", "")]
    return any(str(symbol).startswith(SIMULATED_PREFIX) for symbol in symbols)


def levels_of(column: pd.Series[Any], most: int = MOST_LEVELS) -> Levels:
    """Return the values of a column in order, in bins where they are many."""
    if not is_numeric(column):
        return _levels_of_choices(column)
    values = column.to_numpy(dtype=float)
    known, places = np.unique(values, return_inverse=True)
    if len(known) <= most:
        texts = tuple(value_text(value) for value in known)
        return Levels(texts, known, places.astype(np.int64), False, True)
    return _bins_of(values, known, most)


def _varies(column: pd.Series[Any]) -> bool:
    if is_numeric(column):
        values = column.to_numpy()
        return bool((values != values[0]).any())
    return len(set(choices_of(column)[1])) > 1


def is_numeric(column: pd.Series[Any]) -> bool:
    """Return whether a column holds numbers; truth values are none."""
    return bool(
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    )


def _levels_of_choices(column: pd.Series[Any]) -> Levels:
    codes, texts = choices_of(column)
    known = tuple(sorted(set(texts), key=_in_order))
    places = np.array([known.index(text) for text in texts], dtype=np.int64)[codes]
    centres = np.arange(len(known), dtype=float)
    return Levels(known, centres, places, False, False)


def choices_of(column: pd.Series[Any]) -> tuple[Int64Array1D, list[str]]:
    """Return for each row the place of its text among the texts of the column."""
    try:
        codes, values = pd.factorize(column.to_numpy(), use_na_sentinel=False)
    except TypeError:  # lists and mappings have no hash
        codes, values = pd.factorize(column.map(str).to_numpy())
    return codes.astype(np.int64), [value_text(value) for value in values]


def _in_order(text: str) -> tuple[int, float, str]:
    """Return the key by which choices stand: numbers, then words, then nothing."""
    if text == MISSING:
        return 2, 0.0, text
    try:
        return 0, float(text.replace(",", "")), text
    except ValueError:
        return 1, 0.0, text


def _bins_of(values: Float64Array1D, known: Float64Array1D, most: int) -> Levels:
    """Return bins of equal width, or of equal ratio over a range of fifty times."""
    logarithmic = known[0] > 0.0 and known[-1] > 50.0 * known[0]
    space = np.geomspace if logarithmic else np.linspace
    bins = min(most, int(np.clip(0.6 * np.sqrt(len(values)), 5, 24)))
    edges = space(known[0], known[-1], bins + 1)
    whole = bool((known == np.rint(known)).all())
    edges = np.unique(np.append(np.floor(edges[:-1]), known[-1])) if whole else edges
    bins = len(edges) - 1
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    centres = np.sqrt(edges[:-1] * edges[1:]) if logarithmic else _middles(edges)
    texts = tuple(
        _bin_text(low, high, whole and place < bins - 1)
        for place, (low, high) in enumerate(pairwise(edges))
    )
    return Levels(texts, centres, places.astype(np.int64), True, True)


def _bin_text(low: float, high: float, whole: bool) -> str:
    """Return from which value to which a bin goes; of whole numbers the last in it."""
    last = high - 1 if whole else high
    ends = [value_text(float(f"{end:.3g}")) for end in (low, last)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _middles(edges: Float64Array1D) -> Float64Array1D:
    middles: Float64Array1D = (edges[:-1] + edges[1:]) / 2.0
    return middles


def equals(column: pd.Series[Any], value: Any) -> BoolArray1D:
    """Return where a column has a value; floats to nine digits."""
    if is_numeric(column) and isinstance(value, int | float):
        held = column.to_numpy(dtype=float)
        close: BoolArray1D = np.isclose(held, float(value), rtol=1e-9, atol=0.0)
        return close
    wanted = value_text(value)
    codes, texts = choices_of(column)
    return np.array([text == wanted for text in texts], dtype=bool)[codes]


def level_ticks(levels: Levels, most: int) -> dict[str, Any]:
    """Return the ticks of an axis whose places are levels: some of them, evenly."""
    longest = max(map(len, levels.texts), default=0)
    fitting = most if longest <= 4 else most * 2 // 3 if longest <= 6 else most // 2
    step = max(1, -(-len(levels) // max(fitting, 2)))
    places = list(range(0, len(levels), step))
    return {
        "tickvals": places,
        "ticktext": [levels.texts[place] for place in places],
        "range": [-0.5, len(levels) - 0.5],
        "showgrid": False,
        "zeroline": False,
        "tickangle": 0,
    }
