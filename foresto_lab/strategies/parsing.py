"""From whatever names or describes a strategy to the strategy."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import StrategyError, UnknownNameError
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.json_strategy import JsonStrategy
from foresto_lab.strategies.library import BUILT_IN_STRATEGIES
from foresto_lab.strategies.protocols import Strategy
from foresto_lab.strategies.trading_strategy import TradingStrategy
from foresto_lab.strategies.wording import shown

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog

_MEMBERS: Final = (
    "signals",
    "name",
    "version",
    "source",
    "risk",
    "indicators",
    "min_candles",
    "checksum",
    "to_dict",
)


def parse_strategy(
    given: Strategy | Mapping[str, Any] | str | Path,
    *,
    catalog: IndicatorCatalog | None = None,
) -> Strategy:
    """Return the strategy that is given, named or described.

    Parameters
    ----------
    given : Strategy, mapping, str or Path
        A strategy, or a class of one with parameters that all have defaults; its JSON
        as a mapping, a text that begins with ``{`` or a file (a Path, or a text that
        ends in ``.json``); the name of a built-in strategy; or ``{"name", "source":
        "built_in", "config"}``, as a built-in strategy's ``to_dict`` gives it.
    catalog : IndicatorCatalog, optional
        The indicators that JSON may use; by default the built-in ones.

    Raises
    ------
    UnknownNameError
        No built-in strategy has the name.
    StrategyError
        It cannot be run; each reason is listed with its path.
    """
    if isinstance(given, Path):
        return JsonStrategy.from_dict(read_json(_text_of(given)), catalog=catalog)
    if isinstance(given, str):
        if given.casefold().endswith(".json"):
            return parse_strategy(Path(given), catalog=catalog)
        if given.lstrip().startswith("{"):
            return parse_strategy(read_json(given), catalog=catalog)
        return built_in_strategy(given)
    if isinstance(given, Mapping):
        if given.get("source") == "built_in":
            return _configured(given)
        return JsonStrategy.from_dict(given, catalog=catalog)
    if isinstance(given, type) and issubclass(given, TradingStrategy):
        return given()
    _require_strategy(given)
    return given


def built_in_strategy(name: str, **parameters: Any) -> Strategy:
    """Return a built-in strategy by its name, whatever its case.

    Raises
    ------
    UnknownNameError
        There is none of this name.
    StrategyError
        A parameter is unknown or outside its limits.
    """
    kind = BUILT_IN_STRATEGIES.get(name.strip().lower().replace("-", "_"))
    if kind is None:
        raise UnknownNameError(
            kind="strategy", given=name[:80], allowed=tuple(BUILT_IN_STRATEGIES)
        )
    strategy: Strategy = kind(**parameters)
    return strategy


def read_json(text: str) -> Any:
    """Return what a JSON text holds; NaN and infinities are read, to be reported.

    Raises
    ------
    StrategyError
        It is no JSON, or is nested too deep to be read.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _malformed(
            f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise _malformed("it is nested too deep to be read.") from None
    except ValueError:
        raise _malformed("it holds a number too long to be read.") from None


def _require_strategy(given: object) -> None:
    missing = [name for name in _MEMBERS if not _has(given, name)]
    if isinstance(given, type) or "signals" in missing:
        raise _malformed(
            f"a strategy came as {shown(given)}; it is one of the library by name, a "
            "mapping, a JSON file's Path, or an instance such as HyperRsi()."
        )
    if missing:
        raise _malformed(
            f"{type(given).__name__} has no {', '.join(missing)}. Derive it from "
            "TradingStrategy."
        )


def _has(given: object, name: str) -> bool:
    """Return whether there is such a member, without running a property."""
    try:
        inspect.getattr_static(given, name)
    except AttributeError:
        return False
    return True


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _malformed(f"{path} cannot be read: {error}.") from None


def _configured(given: Mapping[str, Any]) -> Strategy:
    name, config = given.get("name"), given.get("config", {})
    if not isinstance(name, str) or not isinstance(config, Mapping):
        raise _malformed(
            'a built-in strategy is given as {"name": "hyperrsi", '
            '"source": "built_in", "config": {...}}.'
        )
    if not all(isinstance(key, str) for key in config):
        raise _malformed("the config of a strategy has a key that is no text.")
    return built_in_strategy(name, **config)


def _malformed(message: str) -> StrategyError:
    findings = FindingList()
    findings.error("STRATEGY_MALFORMED", "", message)
    return StrategyError(strategy="unnamed", findings=findings.all)
