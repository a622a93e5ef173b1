"""TPE: combinations like the good ones, unlike the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.methods.coding import StudyCoding
from foresto_lab.optimize.methods.quiet_study import quiet_study
from foresto_lab.optimize.methods.random import draw_distinct
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd
    from optuna.trial import FrozenTrial

_MEMORY = 100
"""Trials that estimates are made of: the best, and the latest of the others."""

_BEST = 25
"""How many of the best are remembered: as many as Optuna takes for the good ones."""

_CANDIDATES = 8
"""Candidates that each suggestion is the best of.

Optuna takes 24, which costs three times as much and finds no more where a batch is
asked at once: the best of many candidates are all alike.
"""


@dataclass(frozen=True, slots=True)
class Tpe:
    """Combinations that are likely among good trials and unlikely among the others.

    Estimates are made anew for each batch, of the 25 best trials and the 75 latest of
    the others, so that a suggestion costs the same at the end as at the beginning.

    Parameters
    ----------
    trials : int
        How many combinations in all.
    batch : int
        How many are asked at once. A smaller batch learns sooner.
    startup : int, optional
        How many are drawn at random first; by default a batch, or 20 if that is more.

    References
    ----------
    .. [1] Bergstra, Bardenet, Bengio and Kégl (2011), Algorithms for hyper-parameter
       optimization, NeurIPS 24. As Optuna has it, all parameters estimated together.
       Departs from it in: the memory is limited, and a batch shares its estimates.
    """

    trials: int = 500
    batch: int = 20
    startup: int | None = None
    name: ClassVar[str] = "tpe"

    def __post_init__(self) -> None:
        for field in ("trials", "batch", "startup"):
            value = getattr(self, field)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise SpaceError(
                    message=f"{field} is {value!r}; it must be a whole number, 1 or "
                    "more."
                )

    def start(self, space: Space, terms: SearchTerms) -> TpeSearch:
        """Return a search of a space."""
        return TpeSearch(space, terms, self)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {"name": self.name, **asdict(self)}


class TpeSearch:
    """Batches of suggestions, the first drawn at random."""

    def __init__(self, space: Space, terms: SearchTerms, method: Tpe) -> None:
        self._method = method
        self._coding = StudyCoding(space, terms.maximize, smooth=True)
        self._generator = np.random.default_rng(terms.seed)
        self._sampler = _sampler(self._coding, method.batch, self._generator)
        self._memory = Memory(terms.maximize)
        self._asked = 0

    @property
    def total(self) -> int | None:
        """Combinations that will be asked."""
        return self._method.trials

    def ask(self) -> Combinations | None:
        """Return the next batch; None after the last."""
        left = self._method.trials - self._asked
        if left <= 0:
            return None
        if self._asked == 0:
            first = self._method.startup or max(self._method.batch, 20)
            found = draw_distinct(self._coding.space, self._generator, min(first, left))
        else:
            n = min(self._method.batch, left)
            found = self._coding.ask(self._suggested, n, self._generator)
        self._asked += len(found)
        return found

    def tell(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take the values of the batch asked last."""
        self._memory.add(self._coding.trials(combinations, values, feasible))

    def generations(self) -> pd.DataFrame | None:
        """Return None: batches are no generations."""
        return None

    def _suggested(self, n: int) -> Combinations:
        return self._sampler.suggest(self._memory.trials())


class Memory:
    """The trials that estimates are made of: the best, and the latest of the others."""

    def __init__(self, maximize: tuple[bool, ...]) -> None:
        self._signs = np.where(maximize, -1.0, 1.0)
        self._trials: list[FrozenTrial] = []
        self._count = 0

    def add(self, trials: list[FrozenTrial]) -> None:
        """Take finished trials, and forget those that are neither good nor late."""
        for number, trial in enumerate(trials, start=self._count):
            trial.number = number
        self._count += len(trials)
        known = self._trials + trials
        if len(known) > _MEMORY:
            good = sorted(known, key=self._badness)[:_BEST]
            kept = {trial.number for trial in good}
            others = [trial for trial in known if trial.number not in kept]
            known = sorted(
                good + others[_BEST - _MEMORY :], key=lambda trial: trial.number
            )
        self._trials = known

    def trials(self) -> list[FrozenTrial]:
        """Return what is remembered, in the order of their numbers."""
        return self._trials

    def _badness(self, trial: FrozenTrial) -> tuple[float, ...]:
        broken = trial.constraints["broken"]
        return (broken, *(np.asarray(trial.values) * self._signs).tolist())


class BatchSampler(Protocol):
    """A sampler of Optuna that thinks of a batch at once."""

    def suggest(self, history: list[FrozenTrial]) -> Combinations:
        """Return a batch of suggestions."""
        ...


def _sampler(
    coding: StudyCoding, batch: int, generator: np.random.Generator
) -> BatchSampler:
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState, create_trial

    fixed = coding.fixed()
    varied = {n: d for n, d in coding.distributions.items() if n not in fixed}
    unborn = create_trial(state=TrialState.WAITING)

    class SharedEstimates(TPESampler):
        """TPE that draws the candidates of a whole batch at once.

        Optuna makes its estimates anew for each suggestion, though they are the same
        for all of a batch; here the best of each group of candidates is suggested, of
        those that the constraints allow.
        """

        def _compute_acquisition_func(
            self, samples: dict[str, Any], mpe_below: Any, mpe_above: Any
        ) -> Any:
            gains = super()._compute_acquisition_func(samples, mpe_below, mpe_above)
            candidates = _decoded_with(samples, len(gains))
            allowed = coding.space.allows(candidates)
            groups = np.where(allowed, gains, -np.inf).reshape(batch, -1)
            best = groups.argmax(axis=1) + np.arange(batch) * groups.shape[1]
            self.found = candidates.take(best[allowed[best]])
            return gains

        def suggest(self, history: list[FrozenTrial]) -> Combinations:
            if not varied:
                return _decoded_with({}, batch)
            study = quiet_study(coding.maximize, history)
            self.sample_relative(study, unborn, varied)
            return self.found

    def _decoded_with(samples: dict[str, Any], n: int) -> Combinations:
        constant = {name: np.full(n, value) for name, value in fixed.items()}
        return coding.decode({**samples, **constant})

    return SharedEstimates(
        n_startup_trials=1,
        n_ei_candidates=_CANDIDATES * batch,
        multivariate=True,
        constant_liar=False,
        seed=int(generator.integers(2**31)),
    )
