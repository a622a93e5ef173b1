"""Metrics for Prometheus: what processes counted, and what the catalog knows.

With the database down, the counts are there all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from foresto_lab.errors import InputError
from foresto_lab.runs.tally import StoreTally
from foresto_lab.telemetry.asked import CatalogCollector
from foresto_lab.telemetry.counts import Series, le_of, read_counts
from foresto_lab.telemetry.metrics import COUNTED, Counter, Histogram

if TYPE_CHECKING:
    from prometheus_client import Metric


class Exposition:
    """A workspace's metrics, read anew every time they are asked for.

    They have a registry of their own: what else this process may count with
    prometheus_client stays apart.

    Parameters
    ----------
    folder : Path or None
        Where processes count; None when counting is off.
    tally : callable
        Counts what the catalog holds; an error means that it is down.
    """

    def __init__(self, folder: Path | None, tally: Callable[[], StoreTally]) -> None:
        from prometheus_client import CollectorRegistry

        self._registry = CollectorRegistry()
        self._registry.register(CatalogCollector(tally))
        if folder is not None:
            self._registry.register(_CountCollector(folder))

    def text(self) -> str:
        """Return the metrics in Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry).decode()

    def write_textfile(self, path: Path) -> None:
        """Write the metrics for node_exporter, whole or not at all.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        from prometheus_client import write_to_textfile

        try:
            write_to_textfile(str(path), self._registry)
        except OSError as error:
            raise InputError(
                message=f"The metrics cannot be written to {path} ({error.strerror}). "
                "Name a file in a folder that you can write."
            ) from None

    @contextmanager
    def serving(self, *, port: int, address: str) -> Iterator[str]:
        """Serve the metrics over HTTP from a thread; yields the page's URL.

        Parameters
        ----------
        port : int
            0 takes any free one.

        Raises
        ------
        InputError
            Nothing can be served there.
        """
        from prometheus_client import start_http_server

        try:
            server, thread = start_http_server(port, address, self._registry)
        except OSError as error:
            raise InputError(
                message=f"The metrics cannot be served on {address} port {port} "
                f"({error.strerror}). Give another --serve PORT or --address."
            ) from None
        try:
            host = f"[{address}]" if ":" in address else address
            yield f"http://{host}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _CountCollector:
    """Gives the counts of all processes, living and gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        counts = read_counts(self._folder)
        for metric in COUNTED.values():
            if isinstance(metric, Counter):
                yield _counter_family(metric, counts)
            else:
                yield _histogram_family(metric, counts)


def _counter_family(counter: Counter, counts: Mapping[Series, float]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    found = {
        _values(series, counter.labels): value
        for series, value in counts.items()
        if series.sample == counter.name
    }
    family = CounterMetricFamily(counter.name, counter.meaning, labels=counter.labels)
    for values, value in (dict.fromkeys(counter.known, 0.0) | found).items():
        family.add_metric(values, value)
    return family


def _histogram_family(histogram: Histogram, counts: Mapping[Series, float]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    name = histogram.name
    family = HistogramMetricFamily(name, histogram.meaning, labels=histogram.labels)
    bounds = [le_of(bound) for bound in (*histogram.bounds, float("inf"))]
    found = {
        (series.sample, *_values(series, (*histogram.labels, "le"))): value
        for series, value in counts.items()
        if series.sample in (f"{name}_sum", f"{name}_bucket")
    }
    for sample, *values, _ in sorted(k for k in found if k[0].endswith("_sum")):
        in_buckets = [found.get((f"{name}_bucket", *values, b), 0.0) for b in bounds]
        family.add_metric(
            values,
            buckets=list(zip(bounds, accumulate(in_buckets), strict=True)),
            sum_value=found[sample, *values, ""],
        )
    return family


def _values(series: Series, names: Sequence[str]) -> tuple[str, ...]:
    labels = dict(series.labels)
    return tuple(labels.get(name, "") for name in names)
