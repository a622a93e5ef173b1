"""Combinations evaluated by Dask workers, with the numbers of this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import numpy as np

from foresto_lab.cluster.connection import CONNECT_SECONDS, connect, is_small
from foresto_lab.cluster.rounds import in_order, in_rounds
from foresto_lab.cluster.tasks import call, evaluate_chunk, of_one_thread
from foresto_lab.errors import WorkerLostError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
from foresto_lab.optimize.searching.joined import joined_evaluations

Item = TypeVar("Item")
Answer = TypeVar("Answer")

CHUNKS_PER_WORKER: Final = 3
"""Chunks that a batch is cut into for each worker, so that all end near together."""
LARGEST_CHUNK: Final = 20_000
"""Combinations; their figures are a few megabytes."""
_REMEMBERED: Final = 4
"""Evaluators whose data stay with the workers."""


class DaskExecutor:
    """Evaluates on Dask workers: of this machine, or of a scheduler that runs already.

    The data go to each worker once. A worker that is lost in the middle of a task
    loses nothing: another does the task again. The numbers are those of this process.

    Parameters
    ----------
    address : str, optional
        Of a scheduler, such as ``tcp://10.0.0.5:8786``. By default workers of this
        machine are started, and ended by ``close``.
    workers : int, optional
        Processes to start, one thread each; by default as many as there are cores.
        Not together with an address.
    timeout : seconds
        How long a scheduler may take to answer, and to have a worker.
    show_errors : bool
        Whether workers that are started write to this process's standard error; by
        default what they write is kept until it explains why they do not start.

    Raises
    ------
    ClusterUnreachableError
        No scheduler answers at the address, or it has no worker.
    ClusterError
        The workers cannot be started, or have another version of foresto_lab.
    InputError, AmountError
        Both address and workers are given, or less than one worker.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        timeout: float = CONNECT_SECONDS,
        show_errors: bool = False,
    ) -> None:
        self._connection = connect(address, workers, timeout, show_errors=show_errors)
        self._sent: OrderedDict[int, tuple[Any, Any]] = OrderedDict()

    @property
    def workers(self) -> int:
        """Tasks that are worked on at the same time."""
        return self._connection.threads()

    @property
    def address(self) -> str:
        """The scheduler's address."""
        return self._connection.address

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return what ``evaluator.evaluate`` says of the combinations.

        Raises
        ------
        WorkerLostError
            Workers were lost again and again over the same combinations.
        ClusterError
            The scheduler was lost.
        """
        chunks = [combinations.take(rows) for rows in self._chunks(len(combinations))]
        if len(combinations) == 0:
            return evaluator.evaluate(combinations, span=span, blocks=blocks)
        told: list[Any] = [None] * len(chunks)
        for place, answer in in_rounds(
            self._connection,
            evaluate_chunk,
            lambda *, again: self._send(evaluator, again=again),
            [(chunk, span, blocks) for chunk in chunks],
        ):
            told[place] = answer
        return joined_evaluations(told)

    def map(
        self, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[Answer]:
        """Yield what a picklable function says of each item, in their order.

        The function goes to each worker once, with whatever data it holds.
        """
        return in_order(self.completed(function, items))

    def completed(
        self,
        function: Callable[[Item], Answer],
        items: Iterable[Item],
        *,
        lost_as: Callable[[WorkerLostError], Answer] | None = None,
    ) -> Iterator[tuple[int, Answer]]:
        """Yield the place of each item with what the function says, as they come.

        Parameters
        ----------
        lost_as : callable, optional
            What to yield for an item that takes down every worker; by default the
            error is raised.
        """
        return in_rounds(
            self._connection,
            call,
            lambda *, again: self._send(function, again=again),
            [(item,) for item in items],
            lost_as=lost_as,
        )

    def close(self) -> None:
        """End the workers that were started; those of others are let go."""
        self._sent.clear()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DaskExecutor {self.address}: {self.workers} workers>"

    def _chunks(self, count: int) -> list[slice]:
        """Return slices that cover so many combinations, as equal as can be."""
        wanted = max(self.workers * CHUNKS_PER_WORKER, -(-count // LARGEST_CHUNK))
        edges = np.linspace(0, count, min(wanted, count) + 1).astype(np.int64).tolist()
        return [slice(first, last) for first, last in pairwise(edges)]

    def _send(self, held: Any, *, again: bool) -> Any:
        """Return what stands for the data at the workers; send it if need be."""
        if is_small(held):  # goes with each task, and so cannot be lost
            return held
        known = self._sent.pop(id(held), None)
        if known is None or again:
            known = (held, self._connection.send(of_one_thread(held)))
        self._sent[id(held)] = known
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return known[1]
