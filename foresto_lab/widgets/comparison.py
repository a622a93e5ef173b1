"""What the explorer is set to: frozen values, so undoing is keeping the last one."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.types import BaseDay, Frequency, HybridMode

MOST_SETTINGS: Final = 4


class RuleKind(StrEnum):
    """Which of a setting's parameters make up its rule."""

    NONE = "NONE"
    PERIODIC = "PERIODIC"
    DRIFT = "DRIFT"
    HYBRID = "HYBRID"


@dataclass(frozen=True, slots=True)
class Setting:
    """A scenario under a rule; parameters that its kind does not use are kept too.

    Rates and thresholds are fractions. Values are checked when the rule is built, so
    that a half-edited setting can be held and shown. ``costs`` names a preset in place
    of the cost rate.
    """

    scenario: str
    kind: str = RuleKind.NONE
    frequency: str = Frequency.MONTHLY
    base_day: str = BaseDay.FIRST_TRADING_DAY
    threshold: float = 0.05
    relative: bool = False
    to: str = "target"
    mode: str = HybridMode.ALL
    cost_rate: float = 0.001
    costs: str = ""

    def rule(self) -> RebalancingRule | None:
        """Return the rule that the parameters make; None is buy and hold.

        Raises
        ------
        RuleError, AmountError, UnknownNameError
            A parameter is one that no rule can have.
        """
        match self.kind:
            case RuleKind.NONE:
                return None
            case RuleKind.PERIODIC:
                return self._periodic()
            case RuleKind.DRIFT:
                return self._drift()
            case RuleKind.HYBRID:
                return Hybrid(self._periodic(), self._drift(), self.mode)
        raise UnknownNameError(
            kind="kind of rule", given=self.kind, allowed=tuple(RuleKind)
        )

    def _periodic(self) -> Periodic:
        return Periodic(self.frequency, self.base_day, cost_rate=self.cost_rate)

    def _drift(self) -> Drift:
        return Drift(
            self.threshold,
            relative=self.relative,
            to=self.to,
            cost_rate=self.cost_rate,
        )

    def with_rule(self, rule: RebalancingRule | None) -> Setting:
        """Return the setting whose parameters make this rule."""
        match rule:
            case None:
                return replace(self, kind=RuleKind.NONE)
            case Periodic():
                return replace(
                    self,
                    kind=RuleKind.PERIODIC,
                    frequency=rule.frequency,
                    base_day=rule.base_day,
                    cost_rate=rule.cost_rate,
                )
            case Drift():
                return replace(
                    self,
                    kind=RuleKind.DRIFT,
                    threshold=rule.threshold,
                    relative=rule.relative,
                    to=rule.to,
                    cost_rate=rule.cost_rate,
                )
            case Hybrid():
                both = self.with_rule(rule.periodic).with_rule(rule.drift)
                rate = both.cost_rate if rule.cost_rate is None else rule.cost_rate
                return replace(
                    both, kind=RuleKind.HYBRID, mode=rule.mode, cost_rate=rate
                )
        raise InputError(message=f"{rule!r} is no rebalancing rule.")


SETTING_FIELDS: Final = tuple(item.name for item in fields(Setting))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Up to four settings over one period, with the same amounts paid in and out.

    Period and amounts belong to all of them: only so are their numbers comparable.
    ``active`` is the place of the setting that the controls edit.
    """

    settings: tuple[Setting, ...]
    active: int = 0
    start: date | None = None
    end: date | None = None
    initial_amount: float = 1_000_000.0
    cash_flow: str = ""

    @property
    def setting(self) -> Setting:
        """The setting that the controls edit."""
        return self.settings[self.active]

    def changed(self, **changes: Any) -> Self:
        """Return the comparison with the active setting, or what all share, changed.

        Raises
        ------
        UnknownNameError
            There is nothing of that name to change.
        """
        shared = ("start", "end", "initial_amount", "cash_flow")
        for name in changes:
            if name not in (*SETTING_FIELDS, *shared):
                raise UnknownNameError(
                    kind="field", given=name, allowed=(*SETTING_FIELDS, *shared)
                )
        own = {name: value for name, value in changes.items() if name not in shared}
        common = {name: value for name, value in changes.items() if name in shared}
        return replace(self.edited(replace(self.setting, **own)), **common)

    def edited(self, setting: Setting) -> Self:
        """Return the comparison with another active setting in the same place."""
        before, after = self.settings[: self.active], self.settings[self.active + 1 :]
        return replace(self, settings=(*before, setting, *after))

    def added(self) -> Self:
        """Return the comparison with a copy of the active setting, to be edited.

        Raises
        ------
        InputError
            There are four already.
        """
        if len(self.settings) >= MOST_SETTINGS:
            raise InputError(
                message=f"{MOST_SETTINGS} settings are compared already, and no more "
                f"fit side by side. Remove one first."
            )
        return replace(
            self,
            settings=(*self.settings, self.setting),
            active=len(self.settings),
        )

    def removed(self, index: int) -> Self:
        """Return the comparison without one of its settings; the last one stays."""
        self._require_place(index)
        if len(self.settings) == 1:
            raise InputError(message="The only setting cannot be removed.")
        settings = self.settings[:index] + self.settings[index + 1 :]
        active = self.active - (self.active > index)
        return replace(self, settings=settings, active=min(active, len(settings) - 1))

    def selected(self, index: int) -> Self:
        """Return the comparison with another setting to edit."""
        self._require_place(index)
        return replace(self, active=index)

    def _require_place(self, index: int) -> None:
        if not 0 <= index < len(self.settings):
            raise UnknownNameError(
                kind="setting",
                given=index,
                allowed=tuple(range(len(self.settings))),
            )
