"""A study of Optuna that holds what it is shown, and writes and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial


def quiet_study(maximize: tuple[bool, ...], history: list[FrozenTrial]) -> Study:
    """Return a study that knows a history, which it neither copies nor adds to.

    Samplers are asked directly what they suggest, so no trial is ever written: storing
    each, parameter by parameter, takes Optuna longer than to think of it.
    """
    import optuna
    from optuna.storages import InMemoryStorage

    class Shown(InMemoryStorage):
        """Trials as they are shown, instead of trials as they were written."""

        def get_all_trials(
            self, study_id: int, deepcopy: bool = True, states: Any = None
        ) -> list[FrozenTrial]:
            return [t for t in history if states is None or t.state in states]

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        return optuna.create_study(
            storage=Shown(),
            study_name="search",
            directions=["maximize" if up else "minimize" for up in maximize],
        )
    finally:
        optuna.logging.set_verbosity(level)
