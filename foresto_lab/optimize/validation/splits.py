"""One cut of the bars into train, validation and test, in the order of time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any, Final, NamedTuple

from foresto_lab.errors import AmountError, SplitError
from foresto_lab.optimize.evaluation import BarSpan

_ROUNDING: Final = 1e-9
"""Slack by which shares that add up to 1 on paper add up to 1."""
_PARTS: Final = ("train", "validation", "test")


class SplitSpans(NamedTuple):
    """The spans of bars that a split gives; None for a part of nothing."""

    train: BarSpan
    validation: BarSpan | None
    test: BarSpan | None


@dataclass(frozen=True, slots=True)
class Split:
    """Train, validation and test, one after the other.

    A search looks at the train part alone. The validation part may be looked at again
    and again to choose among what it found; the test part is for the end.

    Parameters
    ----------
    train, validation, test : float or int
        Shares of all bars, adding up to 1 or less; or, all of them whole numbers, bars.
        Bars that no part claims are the last, and are left alone. Validation or test
        may be 0, not both.
    embargo : int
        Bars that are left out before the validation part and before the test part, so
        that what was held at the end of one part tells nothing about the next. They
        are taken from the front of the part that follows.

    Raises
    ------
    AmountError
        A share or number of bars is outside its range.
    SplitError
        The shares add up to more than 1, are mixed with bars, or leave nothing to
        check on.

    Examples
    --------
    >>> Split(0.6, 0.2, 0.2, embargo=5).spans(1_000).test
    BarSpan(first=805, last=1000)
    """

    train: float = 0.6
    validation: float = 0.2
    test: float = 0.2
    embargo: int = 0

    def __post_init__(self) -> None:
        for name in _PARTS:
            object.__setattr__(self, name, _parse_part(name, getattr(self, name)))
        object.__setattr__(self, "embargo", parse_count("embargo", self.embargo, 0))
        if self.train == 0:
            raise AmountError(parameter="train", given=self.train, allowed="above 0")
        if self.validation == 0 and self.test == 0:
            raise SplitError(
                message="A split into train alone leaves nothing to check on. Give "
                "validation or test a share."
            )
        if not self._counts_bars and self._sum() > 1.0 + _ROUNDING:
            raise SplitError(
                message=f"The shares of the split add up to {self._sum():.4g}. They "
                "may add up to 1 at most; for numbers of bars all must be whole."
            )

    def spans(self, n_bars: int) -> SplitSpans:
        """Return the spans of data of this many bars.

        The bars of a part are found from where shares end, so that parts that add up
        to 1 cover all bars.

        Raises
        ------
        SplitError
            The data have too few bars for a part, or the embargo takes all of one.
        """
        edges = [0]
        for part in self._parts():
            edges.append(edges[-1] + int(part))
        if not self._counts_bars:
            sums = (math.fsum(self._parts()[:count]) for count in range(4))
            edges = [round(share * n_bars) for share in sums]
        if edges[-1] > n_bars:
            raise SplitError(
                message=f"The split asks for {edges[-1]:,} bars and the data have "
                f"{n_bars:,}. Give fewer bars, or shares of them such as 0.6."
            )
        train, validation, test = (
            self._span(place, edges[place], edges[place + 1], n_bars)
            for place in range(3)
        )
        assert train is not None
        return SplitSpans(train, validation, test)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)

    @property
    def _counts_bars(self) -> bool:
        return all(isinstance(part, int) for part in self._parts())

    def _parts(self) -> tuple[float, float, float]:
        return self.train, self.validation, self.test

    def _sum(self) -> float:
        return math.fsum(self._parts())

    def _span(self, place: int, first: int, last: int, n_bars: int) -> BarSpan | None:
        if self._parts()[place] == 0:
            return None
        first += self.embargo if place else 0
        if first >= last:
            raise SplitError(
                message=f"Of {n_bars:,} bars the {_PARTS[place]} part gets none"
                + (f" after an embargo of {self.embargo:,} bars" if place else "")
                + ". Take more data, a larger share, or a shorter embargo."
            )
        return BarSpan(first, last)


def parse_split(given: object) -> Split:
    """Return the split: one as it is, or a mapping or sequence of its parts.

    Raises
    ------
    SplitError
        It is nothing of the kind, or as ``Split`` raises it.
    """
    try:
        if isinstance(given, Split):
            return given
        if isinstance(given, Mapping):
            return Split(**given)
        if isinstance(given, list | tuple):
            return Split(*given)
    except TypeError:
        pass
    raise SplitError(
        message=f"split is {given!r:.80}; give fl.Split(train=0.6, validation=0.2, "
        "test=0.2), or those three numbers."
    )


def parse_count(name: str, given: object, least: int, of: str = "bars") -> int:
    """Return a whole number, or raise AmountError where it is none or too small."""
    if isinstance(given, Integral) and not isinstance(given, bool):
        count = int(given)
        if count >= least:
            return count
    allowed = f"a whole number of {of}, {least} or more"
    raise AmountError(parameter=name, given=given, allowed=allowed)


def _parse_part(name: str, given: object) -> float:
    if not isinstance(given, bool):
        if isinstance(given, Integral) and int(given) >= 0:
            return int(given)  # 0 and 1 are shares as well
        if isinstance(given, Real) and 0.0 <= float(given) <= 1.0:
            return float(given)
    allowed = "a share of the bars from 0 to 1, or a whole number of bars"
    raise AmountError(parameter=name, given=given, allowed=allowed)
