"""A search as it is asked for: a backtest's request, and what of it is left open."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import CodeType, MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.runs.backtest_request import BacktestRequest
from foresto_lab.runs.request import request_hash
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from foresto_lab.optimize.searching.objective import Objective


class SearchKind(StrEnum):
    """What a run of the kind ``optimization`` asks."""

    OPTIMIZATION = "optimization"
    WALK_FORWARD = "walk_forward"
    CROSS_VALIDATION = "cross_validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizationRequest:
    """Everything that decides what a search finds, but for data and versions.

    Who evaluates, a time limit and where trials are written down decide nothing.

    Parameters
    ----------
    search : SearchKind
    backtest : BacktestRequest
        Of the strategy with nothing searched.
    parameters : mapping
        Values in place of the strategy's own that are not searched.
    aggregate : str
        What a figure of several symbols is.
    space, method : mapping
        As their ``to_dict`` gives them.
    objectives : tuple of mapping
        As their ``to_dict`` gives them; a function with the checksum of its code.
    constraints : tuple of str
        Bounds on figures; those between parameters are in the space.
    seed : int
    split : mapping, optional
        As its ``to_dict`` gives it.
    top : int
    patience : int, optional
    windows : mapping, optional
        How a walk-forward or a cross-validation cuts the bars.
    """

    search: SearchKind
    backtest: BacktestRequest
    parameters: Mapping[str, Any]
    aggregate: str
    space: Mapping[str, Any]
    method: Mapping[str, Any]
    objectives: tuple[Mapping[str, Any], ...]
    constraints: tuple[str, ...]
    seed: int
    split: Mapping[str, Any] | None = None
    top: int = 0
    patience: int | None = None
    windows: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "search", SearchKind(self.search))
        for name in ("parameters", "space", "method", "split", "windows"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, MappingProxyType(dict(given)))
        object.__setattr__(self, "objectives", tuple(map(dict, self.objectives)))
        object.__setattr__(self, "constraints", tuple(self.constraints))

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        del own["backtest"]
        plain = {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in own.items()
        }
        plain["search"] = str(self.search)
        plain["objectives"] = [dict(each) for each in self.objectives]
        plain["constraints"] = list(self.constraints)
        return {"search": plain.pop("search"), **self.backtest.to_dict(), **plain}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the request that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no request has: it was written by a newer version.
        InputError
            A field is missing: it is another's request.
        """
        own = {item.name for item in fields(cls)} - {"backtest"}
        of_backtest = {item.name for item in fields(BacktestRequest)}
        for name in given:
            if name not in own | of_backtest:
                known = tuple(sorted(own | of_backtest))
                raise UnknownNameError(kind="request field", given=name, allowed=known)
        if "search" not in given:
            raise InputError(
                message="The request of a search has no 'search'; it is another's."
            )
        backtest = {name: given[name] for name in given if name in of_backtest}
        return cls(
            backtest=BacktestRequest.from_dict(backtest),
            **{name: given[name] for name in given if name in own},
        )

    def hash_on(self, data_version: str) -> str:
        """Return the SHA-256 that names the request on a state of the data."""
        asked = self.backtest
        versions = {
            f"strategy {asked.strategy_name} {asked.strategy_version}": (
                asked.strategy_checksum
            ),
            **{f"indicator {name}": sum_ for name, sum_ in asked.indicators.items()},
        }
        return request_hash(
            RunKind.OPTIMIZATION,
            self.to_dict(),
            engine_version=__version__,
            versions=versions,
            data_version=data_version,
        )

    @property
    def has_functions(self) -> bool:
        """Whether an objective is a function, which a record cannot hold."""
        return any(objective.get("function") for objective in self.objectives)


def objective_fact(objective: Objective) -> dict[str, Any]:
    """Return an objective JSON-ready; a function with the checksum of its code."""
    fact = objective.to_dict()
    if objective.function is not None:
        fact["code"] = sha256_of(_function_code(objective.function))
    return fact


def _function_code(function: Any) -> list[str]:
    """Return what a function computes: its code, its defaults, what it closes over."""
    plain = inspect.unwrap(function)
    code = getattr(plain, "__code__", None)
    if not isinstance(code, CodeType):
        return [type(function).__qualname__, repr(getattr(function, "__dict__", ""))]
    cells = getattr(plain, "__closure__", None) or ()
    return [
        _code_text(code),
        repr(getattr(plain, "__defaults__", None)),
        *(repr(cell.cell_contents) for cell in cells),
    ]


def _code_text(code: CodeType) -> str:
    constants = [
        _code_text(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return f"{code.co_code.hex()} {code.co_names} {constants}"
