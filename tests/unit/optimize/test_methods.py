"""Ways to search: what they ask, when they end, and that they can be repeated."""

from __future__ import annotations

import subprocess
import sys
from functools import reduce
from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import Method, SearchTerms
from foresto_lab.optimize.methods import (
    Genetic,
    Grid,
    Nsga2,
    Random,
    Tpe,
    parse_method,
)
from foresto_lab.optimize.spaces.space import Choice, FloatRange, IntRange, Space
from tests.unit.optimize.landscapes import asked_of, sphere

GENETIC = Genetic(population=12, generations=6, patience=None)
SEARCHES: tuple[Method, ...] = (
    Grid(chunk=100),
    Random(trials=60, chunk=25),
    GENETIC,
    Nsga2(population=12, generations=6),
    Tpe(trials=60, batch=10),
)
MIXED = Space(
    {
        "fast": IntRange(2, 30),
        "slow": IntRange(5, 60, 5),
        "stop": FloatRange(0.5, 5.0, 0.5),
        "entry": Choice(("reverse", "follow")),
        "fixed": Choice((7,)),
    },
    ("fast < slow", "stop < slow"),
)


def cost(combinations: Combinations) -> Any:
    """Return one value per combination: lowest at fast 11, slow 35, stop 2."""
    columns = combinations.columns
    value = (
        (columns["fast"] - 11.0) ** 2
        + (columns["slow"] - 35.0) ** 2 / 9
        + (columns["stop"] - 2.0) ** 2
        + np.where(columns["entry"] == "follow", 0.0, 5.0)
    )
    return value[:, None]


def joined(asked: list[Combinations]) -> Combinations:
    """Return all that was asked as one."""
    return reduce(lambda first, second: first.then(second), asked)


@pytest.mark.parametrize("method", SEARCHES, ids=lambda method: method.name)
def test_nothing_is_asked_that_is_not_of_the_space(method: Method) -> None:
    search, asked = asked_of(method, MIXED, cost)
    assert MIXED.contains(joined(asked)).all()
    assert search.total is not None
    assert len(joined(asked)) == search.total


@pytest.mark.parametrize("method", SEARCHES, ids=lambda method: method.name)
def test_the_same_seed_and_values_ask_the_same(method: Method) -> None:
    first, second = (joined(asked_of(method, MIXED, cost, seed=4)[1]) for _ in range(2))
    assert first.to_frame().equals(second.to_frame())


@pytest.mark.parametrize("method", SEARCHES[1:], ids=lambda method: method.name)
def test_another_seed_asks_something_else(method: Method) -> None:
    first, second = (
        joined(asked_of(method, MIXED, cost, seed=seed)[1]) for seed in (1, 2)
    )
    assert not first.to_frame().equals(second.to_frame())


@pytest.mark.parametrize("method", SEARCHES, ids=lambda method: method.name)
def test_a_search_cut_short_goes_on_when_told_again(method: Method) -> None:
    _, whole = asked_of(method, MIXED, cost, seed=9)
    again = method.start(MIXED, SearchTerms((False,), 9))
    for told in whole[:2]:
        again.ask()
        again.tell(told, cost(told), np.ones(len(told), dtype=np.bool_))
    following = again.ask()
    assert following is not None
    assert following.to_frame().equals(whole[2].to_frame())


def test_a_grid_asks_each_point_once_in_chunks() -> None:
    space = Space({"a": IntRange(1, 7), "b": IntRange(1, 5)})
    _, asked = asked_of(Grid(chunk=8), space, lambda c: np.zeros((len(c), 1)))
    assert [len(part) for part in asked] == [8, 8, 8, 8, 3]
    assert space.numbers_of(joined(asked)).tolist() == list(range(35))


def test_a_grid_counts_what_the_constraints_leave() -> None:
    space = Space({"a": IntRange(1, 9), "b": IntRange(1, 9)}, ("a < b",))
    assert Grid().start(space, SearchTerms((True,))).total == 36


def test_random_search_draws_no_point_twice() -> None:
    small = Space({"a": IntRange(1, 9), "b": IntRange(1, 9)}, ("a < b",))
    large = Space({f"p{place}": IntRange(0, 12) for place in range(6)})
    for space, wanted, found in ((small, 20, 20), (small, 99, 36), (large, 900, 900)):
        _, asked = asked_of(Random(wanted), space, lambda c: np.zeros((len(c), 1)))
        numbers = space.numbers_of(joined(asked))
        assert len(numbers) == found
        assert len(np.unique(numbers)) == found


def test_generations_are_recorded_with_best_mean_and_diversity() -> None:
    search, asked = asked_of(GENETIC, MIXED, cost)
    told = search.generations()
    assert told is not None
    assert told["generation"].tolist() == list(range(6))
    assert told["best"][0] == pytest.approx(cost(asked[0]).min())
    assert told["mean"][3] == pytest.approx(cost(asked[3]).mean())
    assert told["best_so_far"].tolist() == np.minimum.accumulate(told["best"]).tolist()
    assert told["diversity"].between(0, 1).all()
    assert told["diversity"].iloc[-1] < told["diversity"].iloc[0]


def test_diversity_is_one_of_an_even_draw_and_zero_of_one_point() -> None:
    from foresto_lab.optimize.methods.generations import diversity

    space = Space({"a": FloatRange(0, 1), "b": Choice(("x", "y"))})
    even = space.sample(np.random.default_rng(0), 20_000)
    assert diversity(space, even) == pytest.approx(1.0, abs=0.01)
    assert diversity(space, even.take(np.zeros(10, dtype=int))) == 0.0
    halves = Combinations.of([{"a": 0.0, "b": "x"}, {"a": 1.0, "b": "x"}])
    assert diversity(space, halves) == 0.5  # a as far apart as can be, b all the same


def test_the_best_is_never_lost_while_parents_compete() -> None:
    """With all parents as elite, the next generation is bred from the best known."""
    space = Space({"x": FloatRange(-5, 5), "y": FloatRange(-5, 5)})
    kept = asked_of(Genetic(20, 15), space, lambda c: sphere(c)[:, None])[0]
    forgotten = asked_of(Genetic(20, 15, elite=0), space, lambda c: sphere(c)[:, None])
    means = [
        search.generations()["mean"].iloc[-5:].mean() for search in (kept, forgotten[0])
    ]
    assert means[0] < means[1]


def test_a_search_ends_when_nothing_gets_better() -> None:
    method = Genetic(population=10, generations=50, patience=4)
    search, asked = asked_of(method, MIXED, lambda c: np.ones((len(c), 1)))
    assert len(asked) == 5  # the first, and four that found nothing better
    assert search.generations() is not None


def test_a_search_ends_when_all_are_the_same() -> None:
    one = Space({"a": IntRange(5, 5), "b": Choice(("x",))})
    for method in (Genetic(population=4), Nsga2(population=4), Grid(), Random()):
        _, asked = asked_of(method, one, lambda c: np.ones((len(c), 1)))
        assert len(asked) == 1
    _, asked = asked_of(Tpe(trials=6, batch=2), one, lambda c: np.ones((len(c), 1)))
    assert all(part.row(0) == {"a": 5, "b": "x"} for part in asked)


@pytest.mark.parametrize(
    "method", [Genetic(30, 12, patience=None), Tpe(200)], ids=["genetic", "tpe"]
)
def test_what_breaks_a_constraint_on_metrics_is_left(method: Method) -> None:
    """The best point is forbidden: search must go where it is allowed."""
    space = Space({"x": FloatRange(-5, 5), "y": FloatRange(-5, 5)})
    _, asked = asked_of(
        method,
        space,
        lambda c: sphere(c)[:, None],
        feasible_of=lambda c: c.columns["x"] < -2,
    )
    late = joined(asked[-3:]).columns["x"]
    assert np.mean(late < -2) > 0.45  # of an even draw 0.3, without the ban near 0


@pytest.mark.parametrize("method", SEARCHES, ids=lambda method: method.name)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_value_and_endless_ones_stop_no_search(method: Method, value: float) -> None:
    def values(combinations: Combinations) -> Any:
        told = cost(combinations)
        told[::2] = value
        return told

    search, asked = asked_of(method, MIXED, values)
    assert len(joined(asked)) == search.total
    _, asked = asked_of(method, MIXED, lambda c: np.full((len(c), 1), value))
    assert len(asked) >= 1


def test_what_has_no_value_is_worse_than_all_that_has_one() -> None:
    space = Space({"x": FloatRange(-5, 5), "y": FloatRange(-5, 5)})

    def values(combinations: Combinations) -> Any:
        return np.where(combinations.columns["x"] > 0, np.nan, 1e6)[:, None]

    _, asked = asked_of(Genetic(30, 8, patience=None), space, values)
    assert np.mean(asked[-1].columns["x"] <= 0) > 0.9


def test_more_is_better_where_the_objective_says_so() -> None:
    space = Space({"x": IntRange(0, 1_000)})
    for method in (Genetic(20, 10), Tpe(100)):
        _, asked = asked_of(
            method, space, lambda c: c.columns["x"][:, None] * 1.0, maximize=(True,)
        )
        assert joined(asked).columns["x"].max() > 970


def test_genetic_search_knows_one_objective() -> None:
    with pytest.raises(SpaceError, match="nsga2"):
        Genetic().start(MIXED, SearchTerms((True, False)))


@pytest.mark.parametrize(
    ("given", "trials", "meant"),
    [
        ("grid", None, Grid()),
        ("random", 50, Random(50)),
        ("tpe", 50, Tpe(50)),
        ("genetic", 1_000, Genetic(50, 20)),
        ("genetic", 10, Genetic(10, 1)),
        (Genetic(20, patience=3), 200, Genetic(20, 10, patience=3)),
        ("nsga2", None, Nsga2()),
        (Nsga2(30).to_dict(), None, Nsga2(30)),
        (Tpe(9), None, Tpe(9)),
    ],
)
def test_methods_are_read_from_names_and_from_what_they_wrote(
    given: Any, trials: int | None, meant: Method
) -> None:
    assert parse_method(given, trials=trials) == meant
    assert parse_method(meant.to_dict()) == meant


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: parse_method("annealing"), UnknownNameError, "grid"),
        (lambda: parse_method("gird"), UnknownNameError, "grid"),
        (lambda: parse_method(3), UnknownNameError, "grid"),
        (lambda: parse_method(Grid), UnknownNameError, "grid"),
        (lambda: parse_method("grid", trials=9), SpaceError, "all combinations"),
        (lambda: parse_method("tpe", trials=0), SpaceError, "1 or more"),
        (lambda: parse_method({"name": "grid", "size": 3}), SpaceError, "settings"),
        (lambda: Genetic(population=1), SpaceError, "2 or more"),
        (lambda: Genetic(mutation=1.5), SpaceError, "probability"),
        (lambda: Genetic(patience=0), SpaceError, "1 or more"),
        (lambda: Nsga2(generations=0), SpaceError, "1 or more"),
        (lambda: Tpe(batch=0), SpaceError, "1 or more"),
        (lambda: Random(trials=0), SpaceError, "1 or more"),
        (lambda: Grid(chunk=0), SpaceError, "1 or more"),
    ],
)
def test_what_is_no_method_is_refused(
    make: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make()


def test_searches_say_nothing_and_leave_optunas_log_as_it_was() -> None:
    code = (
        "from foresto_lab.optimize.methods import Genetic, Tpe\n"
        "from foresto_lab.optimize.method import SearchTerms\n"
        "from foresto_lab.optimize.spaces.space import Space, IntRange\n"
        "import numpy as np, sys\n"
        "assert 'optuna' not in sys.modules\n"
        "import optuna\n"
        "level = optuna.logging.get_verbosity()\n"
        "for method in (Genetic(4, 3), Tpe(9, 3)):\n"
        "    space = Space({'a': IntRange(1, 90)})\n"
        "    search = method.start(space, SearchTerms((True,)))\n"
        "    while (asked := search.ask()) is not None:\n"
        "        values = asked.columns['a'][:, None] * 1.0\n"
        "        search.tell(asked, values, np.ones(len(asked), dtype=bool))\n"
        "assert optuna.logging.get_verbosity() == level\n"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
