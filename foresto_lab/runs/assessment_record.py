"""What is known of a search's best trial, as text that gives it again bit for bit."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.optimize.combinations import Combinations

if TYPE_CHECKING:
    from foresto_lab.optimize.overfitting.assessment import Assessment


def assessment_text(assessment: Assessment) -> str:
    """Return an assessment as JSON, in which NaN and infinities stand as Python's."""
    parts = {
        name: None if part is None else _plain_fields(part)
        for name, part in assessment.details.items()
    }
    written = {
        "statistics": {
            str(name): _plain(value) for name, value in assessment.statistics.items()
        },
        "verdict": assessment.verdict.to_dict(),
        "parts": parts,
    }
    return json.dumps(written, ensure_ascii=False)


def assessment_from(text: str) -> Assessment:
    """Return the assessment that ``assessment_text`` wrote."""
    import pandas as pd

    from foresto_lab.metrics.inference import DataSnoopingTest, OverfittingProbability
    from foresto_lab.metrics.inference.selection import SelectionLuck
    from foresto_lab.optimize.overfitting.assessment import Assessment
    from foresto_lab.optimize.overfitting.degradation import Degradation
    from foresto_lab.optimize.overfitting.plateau import Plateau
    from foresto_lab.optimize.overfitting.verdict import Verdict

    kinds: dict[str, type[Any]] = {
        "luck": SelectionLuck,
        "overfitting": OverfittingProbability,
        "snooping": DataSnoopingTest,
        "degradation": Degradation,
        "plateau": Plateau,
    }
    written = json.loads(text)
    parts = {
        name: None if part is None else kinds[name](**_read_fields(part))
        for name, part in written["parts"].items()
    }
    statistics = pd.Series(written["statistics"], dtype=object, name="statistics")
    verdict = Verdict.from_dict(written["verdict"])
    return Assessment(statistics=statistics, verdict=verdict, **parts)


def _plain_fields(part: Any) -> dict[str, Any]:
    return {
        item.name: _plain(getattr(part, item.name))
        for item in fields(part)
        if item.init
    }


def _read_fields(part: dict[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in part.items()}


def _plain(value: Any) -> Any:
    """Return a value as JSON types that ``_read`` turns back."""
    import pandas as pd

    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, Combinations):
        columns = {name: _plain(column) for name, column in value.columns.items()}
        return {"combinations": columns}
    if isinstance(value, pd.DataFrame):
        columns = {str(name): _plain(value[name].to_numpy()) for name in value}
        return {"frame": columns}
    return value


def _read(value: Any) -> Any:
    import pandas as pd

    if not isinstance(value, dict):
        return value
    if "array" in value:
        return _array(value["array"], np.dtype(value["dtype"]))
    if "combinations" in value:
        return Combinations(_read_fields(value["combinations"]))
    if "frame" in value:
        return pd.DataFrame(_read_fields(value["frame"]))
    return value


def _array(values: list[Any], dtype: np.dtype[Any]) -> Any:
    if dtype.kind != "O":
        return np.array(values, dtype=dtype)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
