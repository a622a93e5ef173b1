"""Combinatorial purged cross-validation: which bars each split trains and tests on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import Any, Final

from foresto_lab.errors import AmountError, SplitError
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.validation.splits import parse_count

MOST_SPLITS: Final = 5_000
"""Splits at most; each needs a search of its own."""


@dataclass(frozen=True, slots=True)
class GroupSplit:
    """One choice of test groups, and the bars that are left to train on.

    Parameters
    ----------
    number : int
        1, 2, 3, ...
    test_groups : tuple of int
        Ascending numbers of groups, from 0.
    train : tuple of BarSpan
        One for each train group, cut where it borders on a test group.
    """

    number: int
    test_groups: tuple[int, ...]
    train: tuple[BarSpan, ...]


@dataclass(frozen=True, slots=True)
class PurgedGroups:
    """Groups of bars of which each choice of some is tested once.

    López de Prado, *Advances in Financial Machine Learning* (2018), chapter 12.

    Parameters
    ----------
    groups : int
        N, 2 or more: the bars are cut into so many groups of one length; the first
        ones are a bar longer where it does not come out even.
    test_groups : int
        k, from 1 to N - 1: groups that a split tests. There are C(N, k) splits, which
        make k/N * C(N, k) paths through all groups.
    purge : int
        Bars dropped from a train group on each side where it borders on a test group,
        because what was held or known there reaches into the test.
    embargo : int
        Bars dropped, on top of the purge, from the front of a train group that follows
        a test group.

    Raises
    ------
    AmountError
        A number is outside its range.
    SplitError
        There would be more than 5,000 splits.
    """

    groups: int = 10
    test_groups: int = 2
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        for name, least, of in (
            ("groups", 2, "groups"),
            ("test_groups", 1, "groups"),
            ("purge", 0, "bars"),
            ("embargo", 0, "bars"),
        ):
            count = parse_count(name, getattr(self, name), least, of)
            object.__setattr__(self, name, count)
        if self.test_groups >= self.groups:
            raise AmountError(
                parameter="test_groups",
                given=self.test_groups,
                allowed=f"below {self.groups}, the number of groups, so that one is "
                "left to train on",
            )
        if self.n_splits > MOST_SPLITS:
            raise SplitError(
                message=f"{self.test_groups} of {self.groups} groups can be chosen in "
                f"{self.n_splits:,} ways, and each needs a search. Take fewer groups, "
                f"so that there are {MOST_SPLITS:,} at most."
            )

    @property
    def n_splits(self) -> int:
        """C(N, k)."""
        return math.comb(self.groups, self.test_groups)

    @property
    def n_paths(self) -> int:
        """How often each group is tested: C(N, k) * k / N."""
        return self.n_splits * self.test_groups // self.groups

    def spans(self, n_bars: int) -> tuple[BarSpan, ...]:
        """Return the span of each group.

        Raises
        ------
        SplitError
            A group would have no bar, or purge and embargo would take all of one.
        """
        short, longer = divmod(n_bars, self.groups)
        if short == 0:
            raise SplitError(
                message=f"{n_bars:,} bars cannot be cut into {self.groups} groups. "
                "Take more data, or fewer groups."
            )
        if 2 * self.purge + self.embargo >= short:
            raise SplitError(
                message=f"A group of {self.groups} has {short:,} bars, and a purge of "
                f"{self.purge:,} on either side with an embargo of {self.embargo:,} "
                "takes all of them. Take fewer groups, a shorter purge or embargo, or "
                "more data."
            )
        edges = [place * short + min(place, longer) for place in range(self.groups + 1)]
        return tuple(BarSpan(first, last) for first, last in pairwise(edges))

    def splits(self, n_bars: int) -> tuple[GroupSplit, ...]:
        """Return every split, by the numbers of its test groups.

        Raises
        ------
        SplitError
            As ``spans``.
        """
        spans = self.spans(n_bars)
        return tuple(
            GroupSplit(number, chosen, self._train(spans, chosen))
            for number, chosen in enumerate(
                combinations(range(self.groups), self.test_groups), start=1
            )
        )

    def paths(self) -> tuple[tuple[int, ...], ...]:
        """Return, for each path, the number of the split that tests each group.

        The first path takes the first split that tests a group, the second the second.
        """
        return _paths(self.groups, self.test_groups)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)

    def _train(
        self, spans: tuple[BarSpan, ...], tested: tuple[int, ...]
    ) -> tuple[BarSpan, ...]:
        return tuple(
            BarSpan(
                span.first + (self.purge + self.embargo if group - 1 in tested else 0),
                span.last - (self.purge if group + 1 in tested else 0),
            )
            for group, span in enumerate(spans)
            if group not in tested
        )


@cache
def _paths(groups: int, test_groups: int) -> tuple[tuple[int, ...], ...]:
    testing: list[list[int]] = [[] for _ in range(groups)]
    chosen = combinations(range(groups), test_groups)
    for number, tested in enumerate(chosen, start=1):
        for group in tested:
            testing[group].append(number)
    return tuple(zip(*testing, strict=True))
