"""Facts that every line of a piece of work carries, a run's id above all."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_bound: ContextVar[Mapping[str, Any]] = ContextVar(
    "foresto_bound_facts", default=MappingProxyType({})
)


@contextmanager
def bound(**facts: Any) -> Iterator[None]:
    """Let every line written inside carry these facts beside its own."""
    token = _bound.set(MappingProxyType({**_bound.get(), **facts}))
    try:
        yield
    finally:
        _bound.reset(token)


def bound_facts() -> Mapping[str, Any]:
    """Return the facts that are bound here."""
    return _bound.get()


def in_this_context(
    function: Callable[Arguments, Answer],
) -> Callable[Arguments, Answer]:
    """Return a function that runs with the facts bound here, in whatever thread.

    A new thread starts without them. Any number of threads may call it at once.
    """
    context = contextvars.copy_context()

    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        return context.copy().run(function, *args, **kwargs)

    return run
