"""A portfolio with weights and numbers of its rule left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluators.distinct import groups_of, joint_groups
from foresto_lab.optimize.evaluators.open_numbers import plain
from foresto_lab.optimize.spaces.json_paths import leaves_of, replaced, steps_of
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.rebalancing.rules import parse_rule
from foresto_lab.scenarios.simulation import parse_rebalancing
from foresto_lab.scenarios.weights import SUM_TOLERANCE
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D

WEIGHT: Final = "weights."
RULE: Final = "rule"


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioChoices:
    """What a portfolio may be: its weights and its rule, each by a parameter.

    Parameters
    ----------
    weights : mapping of asset to fraction of NAV
        Of the base.
    rule : RebalancingRule, optional
        Of the base; None is buy and hold.
    normalised : bool
        Whether the weights of a combination are scaled to the sum that the base's have.
    """

    weights: Mapping[str, float]
    rule: RebalancingRule | None
    normalised: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """What may be searched: ``weights.equity``, ``rule``, ``rule.threshold``."""
        weights = [f"{WEIGHT}{asset}" for asset in self.weights]
        if self.rule is None:
            return (*weights, RULE)
        inner = [f"{RULE}.{path}" for path, _ in leaves_of(self.rule.to_dict())]
        offset = [path.replace("base_day", "offset") for path in inner]
        return tuple(dict.fromkeys([*weights, RULE, *inner, *offset]))

    def require(self, names: Sequence[str]) -> None:
        """Raise UnknownNameError unless every name is one of ``parameters``."""
        for name in names:
            known = name in self.parameters or (
                RULE in names and name.startswith(f"{RULE}.")
            )
            if not known:
                raise UnknownNameError(
                    kind="parameter of a portfolio", given=name, allowed=self.parameters
                )

    def weights_of(
        self, combinations: Combinations
    ) -> tuple[Float64Array2D, BoolArray1D]:
        """Return the weights of each combination, (n, n_assets), and which are some.

        None are those with a negative or missing weight, those that sum to 0 where they
        are to be scaled, and those that sum to more than 1 where they are not.
        """
        n = len(combinations)
        weights = np.empty((n, len(self.weights)))
        for place, (asset, base) in enumerate(self.weights.items()):
            given = combinations.columns.get(f"{WEIGHT}{asset}")
            weights[:, place] = base if given is None else given
        totals = weights.sum(axis=1)
        sound = np.isfinite(totals) & (weights >= 0.0).all(axis=1)
        is_searched = any(name.startswith(WEIGHT) for name in combinations.names)
        if self.normalised and is_searched:
            sound &= totals > 0.0
            whole = sum(self.weights.values())
            weights *= (whole / np.where(sound, totals, 1.0))[:, None]
        else:
            sound &= totals <= 1.0 + SUM_TOLERANCE
        return weights + 0.0, sound

    def rules_of(
        self, combinations: Combinations
    ) -> tuple[list[RebalancingRule | None], npt.NDArray[np.int64]]:
        """Return the distinct rules, and the number of each combination's.

        -1 where no rule can be made of its numbers.
        """
        names = [
            name
            for name in combinations.names
            if name == RULE or name.startswith(f"{RULE}.")
        ]
        parts = [groups_of(combinations.columns[name]) for name in names]
        joint = joint_groups(parts, len(combinations))
        rules: list[RebalancingRule | None] = []
        number_of = np.full(joint.count, -1, dtype=np.int64)
        for group, row in enumerate(joint.examples.tolist()):
            given = {name: plain(combinations.columns[name][row]) for name in names}
            try:
                rules.append(self.rule_of(given))
            except InputError:
                continue
            number_of[group] = len(rules) - 1
        return rules, number_of[joint.of_row]

    def rule_of(self, given: Mapping[str, Any]) -> RebalancingRule | None:
        """Return the rule that some parameters make of the base.

        Raises
        ------
        InputError
            There is no such rule.
        """
        rule = self.rule
        if RULE in given:
            chosen = given[RULE]
            is_written = isinstance(chosen, Mapping)
            rule = parse_rule(chosen) if is_written else parse_rebalancing(chosen)
        values = {
            steps_of(name.removeprefix(f"{RULE}.")) or (): value
            for name, value in given.items()
            if name.startswith(f"{RULE}.")
        }
        if not values or rule is None:
            return rule
        return parse_rule(replaced(rule.to_dict(), values))


def held_groups(
    weights: Float64Array2D, number_of: npt.NDArray[np.int64], sound: BoolArray1D
) -> list[tuple[Int64Array1D, BoolArray1D]]:
    """Return the combinations of one rule that hold the same assets, and which those.

    Parameters
    ----------
    weights : (n, n_assets)
    number_of : (n,)
        The number of each combination's rule, -1 for none.
    sound : (n,)
        Whether the weights are some.
    """
    held = weights > 0.0
    masks = groups_of(np.array([row.tobytes() for row in held], dtype=object))
    joint = joint_groups([masks, groups_of(number_of)], len(weights))
    order = np.argsort(joint.of_row, kind="stable")
    ends = np.cumsum(np.bincount(joint.of_row, minlength=joint.count))
    return [
        (places, held[places[0]])
        for places in np.split(order, ends[:-1])
        if number_of[places[0]] >= 0
        for places in [places[sound[places]]]
        if len(places) and held[places[0]].any()
    ]
