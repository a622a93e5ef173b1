"""What one JSON strategy becomes with other values in some of its places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.known_names import known_name
from foresto_lab.optimize.spaces.json_paths import leaves_of, replaced, steps_of
from foresto_lab.strategies.conditions import RUNS
from foresto_lab.strategies.json_definition import BLOCKS
from foresto_lab.strategies.json_strategy import JsonStrategy
from foresto_lab.strategies.risk_block import snake_case

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog

_RISK_NAMES: Final = (
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "time_stop",
    "leverage",
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:\.\d\w*)*", re.ASCII)
_PERCENTS: Final = ("stop_loss", "take_profit", "trailing_stop")


@dataclass(frozen=True)
class JsonFamily:
    """What one JSON strategy becomes with other values in some of its places.

    Parameters
    ----------
    written : mapping
        The normal form of the base strategy.
    catalog : IndicatorCatalog, optional
        The indicators it may use, if not the built-in ones.
    """

    written: Mapping[str, Any]
    catalog: IndicatorCatalog | None = None
    _parameters: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parameters", _places(self.written, self.catalog))

    @property
    def identity(self) -> str:
        """Its name, and the checksum of what is left of it without its numbers."""
        blanked = {
            steps_of(path): None
            for path, value in leaves_of(self.written)
            if isinstance(value, int | float)
        }
        rules = replaced(self.written, blanked)  # type: ignore[arg-type]
        kept = {
            key: value
            for key, value in rules.items()
            if key not in ("name", "version", "description", "risk")
        }
        return f"{str(self.written['name']).lower()}:{sha256_of(kept)[:16]}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The paths of everything in it that may take another value."""
        return self._parameters

    def exact_name(self, name: str) -> str:
        """Return a path as the normal form has it."""
        steps = _without_percent(name)[0]
        exact = ".".join(steps) if steps else name
        return known_name(
            exact if exact in self._parameters else name,
            self._parameters,
            f"place in strategy {self.written['name']}",
        )

    @property
    def known_indicators(self) -> IndicatorCatalog:
        """The indicators it may use."""
        if self.catalog is not None:
            return self.catalog
        from foresto_lab.indicators import built_in_indicators

        return built_in_indicators()

    def place_of(self, name: str) -> tuple[str, float]:
        """Return where a parameter goes in the normal form, and what divides it."""
        exact, in_percent = _without_percent(name)
        if in_percent:
            return ".".join((*exact[:-1], exact[-1].removesuffix("_percent"))), 100.0
        return (".".join(exact) if exact else name), 1.0

    def strategy(self, parameters: Mapping[str, Any]) -> JsonStrategy:
        """Return the strategy with these values in their places.

        Conditions that name an indicator by its numbers, ``sma_20``, name it by the new
        ones.
        """
        values = {}
        for name, value in parameters.items():
            path, divisor = self.place_of(name)
            divided = divisor != 1.0 and isinstance(value, int | float)
            values[steps_of(path) or (path,)] = value / divisor if divided else value
        written = replaced(self.written, values)
        renamed = dict(self._renamed(written["indicators"]))
        if renamed:
            for block in BLOCKS:
                if block in written:
                    written[block] = _with_names(written[block], renamed)
        return JsonStrategy.from_dict(written, catalog=self.catalog)

    def _renamed(self, uses: list[Any]) -> Iterator[tuple[str, str]]:
        """Yield the old and the new name of indicators that are named by numbers."""
        for before, after in zip(self.written["indicators"], uses, strict=True):
            if before["params"] == after["params"] or before["name"] != after["name"]:
                continue
            names = [self._numbered(use) for use in (before, after)]
            if names[0] and names[1]:
                yield names[0], names[1]

    def _numbered(self, use: Mapping[str, Any]) -> str | None:
        from foresto_lab.indicators import IndicatorUse

        given = IndicatorUse(use["name"], use["params"], use.get("as"))
        try:
            return given.numbered_name(self.known_indicators.get(given.name))
        except InputError:
            return None


def _places(
    written: Mapping[str, Any], catalog: IndicatorCatalog | None
) -> tuple[str, ...]:
    """Return every path that may be given a value."""
    from foresto_lab.indicators import built_in_indicators

    known = catalog or built_in_indicators()
    leaves = dict(leaves_of(written))
    runs = [
        path.removesuffix("operator") + "bars"
        for path, value in leaves.items()
        if path.endswith(".operator") and value in RUNS
    ]
    paths = [path for path in leaves if path not in ("name", "version", "description")]
    paths += runs
    for place, use in enumerate(written["indicators"]):
        stem = f"indicators[{place}].params"
        names = (parameter.name for parameter in known.get(use["name"]).parameters)
        paths += [f"{stem}.{name}" for name in names]
    paths += [f"risk.{name}" for name in _RISK_NAMES]
    in_percent = [f"{name}_percent" for name in _PERCENTS]
    paths += [f"risk.{name}" for name in in_percent]
    paths += [f"risk.{_camel_case(name)}" for name in (*_RISK_NAMES, *in_percent)]
    return tuple(dict.fromkeys(paths))


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _without_percent(name: str) -> tuple[tuple[str, ...], bool]:
    """Return the steps of a path into the risk block, and whether it is in percent."""
    steps = name.split(".")
    if steps[0] != "risk":
        return (), False
    exact = tuple(snake_case(step) for step in steps)
    return exact, exact[-1].endswith("_percent")


def _with_names(written: Any, renamed: Mapping[str, str]) -> Any:
    """Return conditions whose operands name some columns otherwise."""
    if isinstance(written, Mapping):
        return {
            key: value if key == "operator" else _with_names(value, renamed)
            for key, value in written.items()
        }
    if isinstance(written, list):
        return [_with_names(value, renamed) for value in written]
    if isinstance(written, str):
        return _NAME.sub(lambda match: renamed.get(match[0], match[0]), written)
    return written
