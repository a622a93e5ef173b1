"""How fast things are, beside others in the same run: ``python -m tests.benchmarks``.

A module here named ``bench_*.py`` has one function ``measure(options)`` that yields
measurements; there is nothing to register.
"""
