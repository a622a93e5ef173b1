"""Compare two runs: their requests, and every number of their results exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.record import RunArtifacts, RunRecord


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same on both sides; ``None`` where it is absent."""

    where: str
    left: Any
    right: Any

    def __str__(self) -> str:
        """Return the difference as one line."""
        return f"{self.where}: {self.left!r} against {self.right!r}"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What a rerun gave beside what was recorded."""

    run_id: str
    data_version: str
    engine_version: str
    recorded_engine_version: str
    values_compared: int
    differences: tuple[Difference, ...]

    @property
    def identical(self) -> bool:
        """Whether every number came out again, to the last bit."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Return the reproduction as plain JSON-ready values."""
        return {
            "run_id": self.run_id,
            "identical": self.identical,
            "values_compared": self.values_compared,
            "data_version": self.data_version,
            "engine_version": self.engine_version,
            "recorded_engine_version": self.recorded_engine_version,
            "differences": [
                {"where": d.where, "recorded": d.left, "rerun": d.right}
                for d in self.differences
            ],
        }

    def __str__(self) -> str:
        """Return the verdict as one sentence."""
        if self.identical:
            return (
                f"Run {self.run_id} reproduces: all {self.values_compared:,} values "
                f"are the same to the last bit (data {self.data_version})."
            )
        first = self.differences[0]
        return (
            f"Run {self.run_id} does not reproduce: {len(self.differences)} of "
            f"{self.values_compared:,} values differ, the first at {first}."
        )

    def _repr_html_(self) -> str:
        """Return the verdict for a notebook."""
        from html import escape

        return f"<p>{escape(str(self))}</p>"


def compare_mappings(
    left: Mapping[str, Any], right: Mapping[str, Any], where: str = ""
) -> Iterator[Difference]:
    """Yield each leaf at which two nested mappings differ; NaN equals NaN."""
    for name in dict.fromkeys([*left, *right]):
        path = f"{where}.{name}" if where else str(name)
        yield from _compare_values(left.get(name), right.get(name), path)


def _compare_values(left: Any, right: Any, path: str) -> Iterator[Difference]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from compare_mappings(left, right, path)
    elif not _same(left, right):
        yield Difference(path, left, right)


def _same(left: Any, right: Any) -> bool:
    both_nan = left != left and right != right
    return bool(both_nan or left == right)


def compare_tables(
    left: pd.DataFrame, right: pd.DataFrame, where: str
) -> Iterator[Difference]:
    """Yield each cell at which two tables differ, by column and row label."""
    if list(left.columns) != list(right.columns):
        yield Difference(f"{where}.columns", list(left.columns), list(right.columns))
        return
    if len(left) != len(right) or not left.index.equals(right.index):
        yield Difference(f"{where}.index", _span(left), _span(right))
        return
    for column in left.columns:
        yield from _compare_columns(left[column], right[column], f"{where}.{column}")


def _compare_columns(
    left: pd.Series[Any], right: pd.Series[Any], where: str
) -> Iterator[Difference]:
    if left.equals(right):
        return
    for label, one, other in zip(left.index, left, right, strict=True):
        yield from _compare_values(one, other, f"{where}[{label}]")


def _span(table: pd.DataFrame) -> str:
    if table.empty:
        return "no rows"
    return f"{len(table)} rows, {table.index[0]} to {table.index[-1]}"


def compare_artifacts(
    left: RunArtifacts, right: RunArtifacts
) -> tuple[Difference, ...]:
    """Return every difference between two results, summary first."""
    differences = list(compare_mappings(left.summary, right.summary, "summary"))
    for name in dict.fromkeys([*left.tables, *right.tables]):
        if name not in left.tables or name not in right.tables:
            differences.append(
                Difference(name, name in left.tables, name in right.tables)
            )
            continue
        differences += compare_tables(left.tables[name], right.tables[name], name)
    return tuple(differences)


def count_values(artifacts: RunArtifacts) -> int:
    """Return how many values a result holds, summary included."""
    cells = sum(table.size for table in artifacts.tables.values())
    return int(cells) + len(artifacts.summary)


def compare_records(left: RunRecord, right: RunRecord) -> tuple[Difference, ...]:
    """Return in what two runs differ: request, versions, packages and summary."""
    facts = ("kind", "name", "status", "engine_version", "data_version", "git_commit")
    differences = [
        Difference(name, str(getattr(left, name)), str(getattr(right, name)))
        for name in facts
        if getattr(left, name) != getattr(right, name)
    ]
    for name in ("request", "packages", "summary"):
        differences += compare_mappings(getattr(left, name), getattr(right, name), name)
    return tuple(differences)
