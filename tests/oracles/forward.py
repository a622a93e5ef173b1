"""A slow, obvious stationary bootstrap, in plain Python integers and floats.

It writes the generator SFC64 anew, from its author's description, with Python's own
integers, and draws day after day as Politis and Romano (1994) say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

WORD = 2**64
STREAM = 0x666F7265_73746F31


def sfc64(seed: int, stream: int) -> Iterator[int]:
    """Yield the 64-bit numbers of a stream, after 18 that are thrown away."""
    a, b, c, counter = stream, seed, STREAM, 1
    drawn = 0
    while True:
        number = (a + b + counter) % WORD
        counter = (counter + 1) % WORD
        a = b ^ (b >> 11)
        b = (c + (c << 3)) % WORD
        c = (((c << 24) | (c >> 40)) % WORD + number) % WORD
        drawn += 1
        if drawn > 18:
            yield number


def uniforms(seed: int, stream: int) -> Iterator[float]:
    """Yield uniform numbers of 53 bits."""
    for number in sfc64(seed, stream):
        yield (number >> 11) / 2**53


def bootstrapped_days(
    n_history: int, n_days: int, block_length: float, seed: int, path: int
) -> list[int]:
    """Return which day of history each day of a path is."""
    random = uniforms(seed, path)
    days = [int(next(random) * n_history)]
    while len(days) < n_days:
        if next(random) < 1.0 / block_length:
            days.append(int(next(random) * n_history))
        else:
            days.append((days[-1] + 1) % n_history)
    return days


def bootstrapped_prices(
    history: Sequence[Sequence[float]],
    n_days: int,
    block_length: float,
    seed: int,
    path: int,
) -> list[list[float]]:
    """Return the prices of a path, a row a session, from 1 on.

    ``history`` has a row of prices a session.
    """
    days = bootstrapped_days(len(history) - 1, n_days, block_length, seed, path)
    prices = [[1.0] * len(history[0])]
    for day in days:
        returns = [
            after / before - 1.0
            for before, after in zip(history[day], history[day + 1], strict=True)
        ]
        prices.append(
            [price * (1.0 + r) for price, r in zip(prices[-1], returns, strict=True)]
        )
    return prices
