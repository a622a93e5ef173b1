"""Measurements, how they are taken, and the table they are shown in."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import tests.benchmarks as benchmarks


@dataclass(frozen=True)
class Options:
    """What to measure: ``names`` of modules, and whether to run the peers beside."""

    names: tuple[str, ...] = ()
    peers: bool = True


@dataclass(frozen=True)
class Measurement:
    """One thing that was measured, its bound, and what others took for the same."""

    what: str
    seconds: float
    bound: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def within(self) -> bool:
        return self.bound is None or self.seconds <= self.bound


def best_of(
    call: Callable[[], object], *, seconds: float = 1.0, least: int = 3
) -> float:
    """Return the shortest time of a call, repeated for about so many seconds."""
    call()
    best, spent, count = float("inf"), 0.0, 0
    while spent < seconds or count < least:
        started = time.perf_counter()
        call()
        taken = time.perf_counter() - started
        best, spent, count = min(best, taken), spent + taken, count + 1
    return best


def once(call: Callable[[], object]) -> float:
    """Return the time of one call, for what takes seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure_all(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of every module, or of those named."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        name = module.name.removeprefix("bench_")
        if module.name == name or (options.names and name not in options.names):
            continue
        found = importlib.import_module(f"{benchmarks.__name__}.{module.name}")
        yield from found.measure(options)


def duration(seconds: float) -> str:
    """Return a duration with three digits and its unit."""
    if seconds >= 1.0:
        return f"{seconds:.3g} s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds * 1e6:.3g} µs"


def show(measurements: Iterable[Measurement]) -> bool:
    """Print a Markdown table row by row; return whether every bound was held."""
    write("| what | time | bound | held | beside |")
    write("|---|---:|---:|:---:|---|")
    held = True
    for item in measurements:
        held = held and item.within
        bound = "" if item.bound is None else duration(item.bound)
        mark = "" if item.bound is None else ("yes" if item.within else "NO")
        beside = "; ".join(
            f"{peer} {duration(taken)} = {taken / item.seconds:,.0f}x"
            for peer, taken in item.peers.items()
        )
        write(
            f"| {item.what} | {duration(item.seconds)} | {bound} | {mark} | {beside} |"
        )
    return held


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
