"""What a combinatorial cross-validation gives: many paths through the same bars."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pandas as pd

from foresto_lab.canonical import sha256_of
from foresto_lab.findings import Finding
from foresto_lab.optimize.result_values import (
    json_ready,
    title_of,
    values_of,
)
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.labels import Language

TABLES: Final = ("groups", "splits", "paths", "equity")
"""The tables of a cross-validation, as a store keeps them."""
_FACTS: Final = frozenset(
    {"request", "initial_capital", "periods_per_year", "status", "elapsed", "run_id"}
)
_SHARES: Final = {"5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95}


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossValidationResult:
    """Parameters chosen on every choice of groups, and traded on the others.

    Parameters
    ----------
    groups : DataFrame
        By the group's number from 0: ``start`` and ``end`` (open times of its first and
        last bar) and ``bars``.
    splits : DataFrame
        By the split's number from 1: ``test_groups`` (``"0, 3"``), ``train_bars`` that
        purge and embargo leave, ``status`` (``traded``, or ``cash`` where nothing could
        be chosen), and the objective on the bars of both sides (``train_objective``,
        ``test_objective``), with ``degradation``: how much worse it is out of sample.
    chosen : tuple of mapping or None
        The parameters of each split.
    paths : DataFrame
        By the path's number from 1: the figures of one account through all groups, each
        group traded with the parameters of a split that did not train on it.
    equity : DataFrame
        By open time, the equity of the first 50 paths, by their numbers.
    request : mapping
        What was asked, JSON-ready: ``subject``, ``space``, ``method``, ``objectives``,
        ``constraints``, ``seed``, ``patience``, ``groups``.
    initial_capital : money
    periods_per_year : float
    evaluated : int
        Combinations evaluated, each counted once for every split that looked at it.
    sharpes : (n_trials,)
        Annual Sharpe ratio of every combination on the train bars of every split, for
        the trial ledger; not stored with a run.
    status : str
        ``complete``, or what stopped it; splits that were not searched hold cash.
    elapsed : seconds
    findings : tuple of Finding
    run_id : str, optional
        None outside a Lab.
    """

    groups: pd.DataFrame
    splits: pd.DataFrame
    chosen: tuple[Mapping[str, Any] | None, ...]
    paths: pd.DataFrame
    equity: pd.DataFrame
    request: Mapping[str, Any]
    initial_capital: float
    periods_per_year: float
    evaluated: int = 0
    sharpes: Float64Array1D | None = None
    status: str = "complete"
    elapsed: float = 0.0
    findings: tuple[Finding, ...] = ()
    run_id: str | None = None
    given_hash: str | None = None

    @property
    def plan(self) -> PurgedGroups:
        """How the bars were cut."""
        return PurgedGroups(**self.request["groups"])

    @property
    def objective(self) -> str:
        """What the parameters were chosen by; the first of several."""
        return str(self.request["objectives"][0]["name"])

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """The parameters of each split, None where it held cash."""
        names = list(dict.fromkeys(name for row in self.chosen for name in row or {}))
        rows = [{**dict.fromkeys(names), **(row or {})} for row in self.chosen]
        return pd.DataFrame(rows, index=self.splits.index, columns=names)

    def distribution(self, metric: str = "sharpe") -> pd.Series[Any]:
        """Return how a figure is spread over the paths.

        Returns
        -------
        Series
            ``paths`` that have the figure, ``mean``, ``deviation``, ``minimum``, the
            5th, 25th, 50th (``median``), 75th and 95th percentile, ``maximum``, and
            ``below_zero``, the share of paths below 0.
        """
        values = self.paths[metric].to_numpy(dtype=np.float64)
        values = values[~np.isnan(values)]
        found: dict[str, float] = {"paths": len(values)}
        if len(values):
            found |= {
                "mean": float(values.mean()),
                "deviation": float(values.std(ddof=1)) if len(values) > 1 else np.nan,
                "minimum": float(values.min()),
                **{
                    name: float(np.quantile(values, share))
                    for name, share in _SHARES.items()
                },
                "maximum": float(values.max()),
                "below_zero": float((values < 0.0).mean()),
            }
        return pd.Series(found, name=metric, dtype=np.float64)

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        return self.given_hash or sha256_of(self.request)

    @property
    def title(self) -> str:
        """Strategy, symbols, timeframe and span in one line."""
        return title_of(self.request, self.equity.index)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(self, run_id=run_id, given_hash=request_hash, **facts)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the figures of the paths."""
        return self.paths.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the equity bar by bar, JSON-ready."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "status": self.status,
            "elapsed": self.elapsed,
            "request": json_ready(self.request),
            "initial_capital": self.initial_capital,
            "periods_per_year": self.periods_per_year,
            "evaluated": self.evaluated,
            "sharpe": values_of(self.distribution()),
            "groups": [values_of(row) for _, row in self.groups.iterrows()],
            "splits": [
                {"split": number, **values_of(row), "parameters": chosen}
                for (number, row), chosen in zip(
                    self.splits.iterrows(), self.chosen, strict=True
                )
            ],
            "paths": {
                str(number): values_of(row) for number, row in self.paths.iterrows()
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_tables(self) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Return tables of plain columns, and the facts beside them, JSON-ready."""
        tables = {name: getattr(self, name) for name in TABLES}
        parameters = [None if row is None else json.dumps(row) for row in self.chosen]
        tables["splits"] = self.splits.assign(
            parameters=pd.Series(parameters, index=self.splits.index, dtype=object)
        )
        equity = self.equity
        tables["equity"] = equity.set_axis([str(c) for c in equity.columns], axis=1)
        facts = self.to_dict()
        for name in ("groups", "splits", "paths", "sharpe"):
            del facts[name]
        return tables, facts

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]
    ) -> Self:
        """Return the result that ``to_tables`` described."""
        splits, equity = tables["splits"], tables["equity"]
        numbers = pd.Index([int(c) for c in equity.columns], name="path")
        return cls(
            groups=tables["groups"],
            splits=splits.drop(columns="parameters"),
            chosen=tuple(
                json.loads(text) if isinstance(text, str) else None
                for text in splits["parameters"]
            ),
            paths=tables["paths"],
            equity=equity.set_axis(numbers, axis=1),
            evaluated=int(facts["evaluated"]),
            findings=tuple(map(Finding.from_dict, facts["findings"])),
            given_hash=facts["request_hash"],
            **{name: facts[name] for name in facts if name in _FACTS},
        )

    def plot(
        self, metric: str | None = None, *, language: Language = "ko"
    ) -> go.Figure:
        """Return how a figure is spread over the paths as a Plotly figure."""
        from foresto_lab.figures.walk_forward import plot_cross_validation

        return plot_cross_validation(self, metric, language=language)

    def __repr__(self) -> str:
        median = self.distribution().get("median", np.nan)
        return (
            f"<CrossValidationResult {self.title}: {len(self.splits)} splits, "
            f"{len(self.paths)} paths, median Sharpe {median:.2f}>"
        )

    def _repr_html_(self) -> str:
        from foresto_lab.optimize.validation.validation_words import (
            cross_validation_html,
        )

        return cross_validation_html(self, "ko")
