"""`foresto retirement`: how long does the money last, what can be withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.scenarios.retirement import RetirementOutlook, RetirementStudy


class Fraction(click.ParamType[float]):
    """A fraction, as 0.04 or as 4%."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the fraction that a text stands for."""
        number = parse_fraction(str(value))
        if number is None:
            self.fail(f"{value!r} is no rate; write 4% or 0.04.", param, ctx)
        return number


def parse_fraction(text: str) -> float | None:
    """Return a fraction, or None for a text that is none."""
    percent = text.strip().endswith("%")
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    return number / 100 if percent else number


@click.command()
@click.argument("portfolio")
@click.option(
    "--rate",
    type=Fraction(),
    default="4%",
    show_default=True,
    help="Withdrawn a year, of the initial amount, in the money of the start.",
)
@click.option("--years", type=int, default=30, show_default=True, help="How long.")
@click.option(
    "--inflation",
    help="A rate a year such as 2.5%, or the symbol of stored consumer prices.",
)
@click.option(
    "--frequency",
    type=click.Choice(["ANNUAL", "SEMIANNUAL", "QUARTERLY", "MONTHLY"]),
    default="ANNUAL",
    show_default=True,
    help="How often money is withdrawn.",
)
@click.option(
    "--at",
    "withdraw_at",
    type=click.Choice(["BEGIN", "END"]),
    default="BEGIN",
    show_default=True,
    help="At the begin or the end of each period.",
)
@click.option(
    "--rule",
    help="A stored rule; else back to the targets at each withdrawal (history), or "
    "buy and hold (--forward).",
)
@click.option(
    "--fee",
    type=Fraction(),
    default="0%",
    show_default=True,
    help="Taken from the money a year.",
)
@click.option("--start", help="First date of the prices, YYYY-MM-DD.")
@click.option("--end", help="Last date of the prices, YYYY-MM-DD.")
@click.option(
    "--forward", is_flag=True, help="Ask made-up futures instead of past starts."
)
@click.option(
    "--paths", type=int, default=10_000, show_default=True, help="How many futures."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the futures.")
@json_option
@pass_context
def retirement(
    context: CommandContext,
    portfolio: str,
    rate: float,
    years: int,
    inflation: str | None,
    rule: str | None,
    fee: float,
    forward: bool,
    paths: int,
    seed: int,
    frequency: str,
    withdraw_at: str,
    start: str | None,
    end: str | None,
    as_json: bool,
) -> None:
    """Tell how long the money of PORTFOLIO lasts, and what can be withdrawn."""
    lab = context.lab()
    growth: Any = None if inflation is None else parse_fraction(inflation)
    if inflation is not None and growth is None:
        growth = inflation
    result: RetirementStudy | RetirementOutlook
    options: dict[str, Any] = {
        "annual_fee": fee,
        "frequency": frequency,
        "withdraw_at": withdraw_at,
        "start": start,
        "end": end,
    }
    if forward:
        result = lab.retirement_outlook(
            portfolio,
            rate,
            years,
            inflation=growth or 0.0,
            rebalancing=rule,
            paths=paths,
            seed=seed,
            **options,
        )
    else:
        result = lab.retirement(
            portfolio,
            rate,
            years,
            inflation=growth,
            rebalancing=rule or "withdrawals",
            **options,
        )
    if as_json:
        print_json(result.to_dict())
        return
    _print_summary(result)
    if forward:
        _print_outlook(result)
    else:
        _print_study(result)


def _print_summary(result: Any) -> None:
    from foresto_lab.labels import label, measure_text

    rows = [
        [label(str(name), "en"), measure_text(str(name), value, "en")]
        for name, value in result.summary.items()
    ]
    click.echo(repr(result)[1:-1])
    if result.simulated:
        click.echo("These prices are SIMULATED; no market ever traded at them.")
    print_table(["summary", "value"], rows, right=["value"])


def _print_study(study: Any) -> None:
    from foresto_lab.labels import label, percent

    heads = [f"{years} years" for years in study.table]
    rows = [
        [percent(float(rate)), *(percent(float(share), 0) for share in row)]
        for rate, row in zip(study.table.index, study.table.to_numpy(), strict=True)
    ]
    click.echo(label("share_of_starts_that_last", "en"))
    print_table(["withdrawn a year", *heads], rows, right=heads)
    for finding in study.findings:
        click.echo(str(finding))
    click.echo(label("windows_overlap", "en"))


def _print_outlook(outlook: Any) -> None:
    from foresto_lab.labels import label, percent

    heads = [percent(float(rate), 1) for rate in outlook.ruin]
    shown = outlook.ruin.iloc[4::5]
    rows = [
        [str(year), *(percent(float(share), 1) for share in row)]
        for year, row in zip(shown.index, shown.to_numpy(), strict=True)
    ]
    click.echo(label("ruin_by_year", "en"))
    print_table(["year", *heads], rows, right=heads)
    rows = [
        [percent(float(chance), 0), percent(float(rate))]
        for chance, rate in outlook.withdrawals.items()
    ]
    print_table(["ruin at most", "withdrawn a year"], rows, right=["withdrawn a year"])
