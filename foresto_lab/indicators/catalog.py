"""The indicators there are, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.indicators.indicator import Indicator


class IndicatorCatalog:
    """Indicators by name, compared without case.

    Parameters
    ----------
    indicators : iterable of Indicator
    base : IndicatorCatalog, optional
        A catalog to look into next; it is not changed by what is registered here.
    """

    def __init__(
        self,
        indicators: Iterable[Indicator] = (),
        *,
        base: IndicatorCatalog | None = None,
    ) -> None:
        self._own: dict[str, Indicator] = {}
        self._base = base
        for indicator in indicators:
            self.register(indicator)

    def get(self, name: str) -> Indicator:
        """Return an indicator.

        Raises
        ------
        UnknownNameError
            There is none of this name; near ones are suggested.
        """
        found = self._find(name.casefold()) if isinstance(name, str) else None
        if found is None:
            raise UnknownNameError(kind="indicator", given=name, allowed=self.names())
        return found

    def names(self) -> tuple[str, ...]:
        """Return every name, lower case, sorted."""
        base = self._base.names() if self._base else ()
        return tuple(sorted({*base, *self._own}))

    def register(self, indicator: Indicator) -> None:
        """Add an indicator; the same one again changes nothing.

        Raises
        ------
        InputError
            Another indicator has this name.
        """
        name = indicator.name.casefold()
        known = self._find(name)
        if known is not None and known.checksum != indicator.checksum:
            raise InputError(
                message=f"There is another indicator {name!r} (from {known.source}). "
                "Give yours a name of its own."
            )
        if known is None:
            self._own[name] = indicator

    def extended(self, indicators: Iterable[Indicator] = ()) -> IndicatorCatalog:
        """Return a catalog of these and the given indicators; this one stays."""
        return IndicatorCatalog(indicators, base=self)

    def __contains__(self, name: object) -> bool:
        """Return whether there is an indicator of this name."""
        return isinstance(name, str) and self._find(name.casefold()) is not None

    def __iter__(self) -> Iterator[Indicator]:
        """Return the indicators by name."""
        return (self.get(name) for name in self.names())

    def __len__(self) -> int:
        """Return how many indicators there are."""
        return len(self.names())

    def __repr__(self) -> str:
        """Return how many indicators there are."""
        return f"<IndicatorCatalog: {len(self)} indicators>"

    def _find(self, name: str) -> Indicator | None:
        found = self._own.get(name)
        if found is None and self._base is not None:
            return self._base._find(name)
        return found


@cache
def built_in_indicators() -> IndicatorCatalog:
    """Return the catalog of TA-Lib and of what the package adds; made once.

    It is shared: register own indicators on ``built_in_indicators().extended()``.
    """
    from foresto_lab.indicators.built_in import BUILT_IN
    from foresto_lab.indicators.talib_functions import talib_indicators

    return IndicatorCatalog([*talib_indicators(), *BUILT_IN])
