"""Print the benchmarks: ``python -m tests.benchmarks [NAME ...] [--no-peers]``."""

from __future__ import annotations

import argparse
import os
import platform

from tests.benchmarks.harness import Options, measure_all, show, write

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", help="modules, such as: simulation")
    parser.add_argument("--no-peers", action="store_true", help="leave the others out")
    given = parser.parse_args()
    write(f"{os.cpu_count()} cores, Python {platform.python_version()}\n")
    show(measure_all(Options(tuple(given.names), peers=not given.no_peers)))
