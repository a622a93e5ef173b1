"""`foresto study`: what rebalancing did to a portfolio, and how much of it was luck."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.trading_options import trading_arguments, trading_options

if TYPE_CHECKING:
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy
    from foresto_lab.scenarios.timing_luck import TimingLuck

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--start", help="First date, YYYY-MM-DD."),
    click.option("--end", help="Last date, YYYY-MM-DD."),
    click.option(
        "--rule",
        "rules",
        multiple=True,
        help="A rule: monthly, annual, drift … or a stored one's name; repeatable.",
    ),
    click.option(
        "--initial-amount",
        type=float,
        default=1_000_000,
        show_default=True,
        help="Invested at the first session's close.",
    ),
    click.option("--calendar", help="Exchange whose sessions the rules follow."),
    click.option(
        "--execution",
        type=click.Choice(["close", "next_close"]),
        default="close",
        help="Trade at the close that decided, or at the next one.",
    ),
    trading_options,
    click.option("--force", is_flag=True, help="Compute it even if it is there."),
)


def _study_options(command: _Command) -> _Command:
    """Give a command the options that both studies take."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def study() -> None:
    """Take rebalancing apart: what each trade did, and the luck of the base day."""


@study.command()
@click.argument("portfolio")
@_study_options
@click.option(
    "--events", "of_rule", metavar="RULE", help="Each trade of this rule too."
)
@json_option
@pass_context
def rebalancing(
    context: CommandContext,
    /,
    portfolio: str,
    rules: tuple[str, ...],
    of_rule: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare rules with never rebalancing; tell what their trades did.

    PORTFOLIO is a scenario's name, or JSON of weights such as '{"SPY": 0.6}'.
    """
    found = context.lab().rebalancing_study(
        _parse_portfolio(portfolio), list(rules) or None, **_arguments(options)
    )
    if of_rule is not None:
        found.events(of_rule)  # an unknown rule is told of before anything is shown
    if as_json:
        print_json(found.to_dict())
        return
    _print_study(found, of_rule)


@study.command("timing-luck")
@click.argument("portfolio")
@_study_options
@click.option(
    "--base-days", help="How many of each period's sessions to try; else all of them."
)
@json_option
@pass_context
def timing_luck(
    context: CommandContext,
    /,
    portfolio: str,
    rules: tuple[str, ...],
    base_days: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Try rules on every base day of their period, to see how far apart they end.

    PORTFOLIO is a scenario's name, or JSON of weights such as '{"SPY": 0.6}'.
    """
    found = context.lab().timing_luck(
        _parse_portfolio(portfolio),
        list(rules) or None,
        base_days=_parse_base_days(base_days),
        **_arguments(options),
    )
    if as_json:
        print_json(found.to_dict())
        return
    _print_luck(found)


def _arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options as the Lab's studies take them."""
    names = ("start", "end", "initial_amount", "calendar", "execution", "force")
    return {name: options[name] for name in names} | trading_arguments(options)


def _parse_portfolio(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return text
    from foresto_lab.errors import InputError

    try:
        return json.loads(text)
    except ValueError:
        raise InputError(
            message=f"{text!r} is no JSON of weights, such as "
            '\'{"SPY": 0.6, "IEF": 0.4}\'.'
        ) from None


def _parse_base_days(text: str | None) -> Any:
    if text is None:
        return "all"
    return int(text) if text.lstrip("-").isdigit() else text


def _print_study(found: RebalancingStudy, of_rule: str | None) -> None:
    from foresto_lab.labels import count, label, measure_text, money, percent
    from foresto_lab.scenarios.study_words import rule_words, study_sentences

    _print_head(found, study_sentences(found, language="en"))
    measures = ("cagr", "volatility", "max_drawdown", "final_nav", "total_cost")
    rows = [
        [
            rule_words(str(name), "en"),
            *(measure_text(m, row[m], "en", found.currency) for m in measures),
            count(row["rebalancing_count"]),
        ]
        for name, row in found.summary.iterrows()
    ]
    heads = [label(m, "en") for m in (*measures, "rebalancing_count")]
    print_table(["rule", *heads], rows, right=heads)

    def amount(value: float) -> str:
        text = money(value, "en", found.currency)
        return f"+{text}" if value > 0 else text

    parts = [
        [rule_words(name, "en"), *map(amount, found.attribution(name))]
        for name in found.compared
    ]
    names = [
        label("study_total" if part == "difference" else f"study_{part}", "en")
        for part in found.attribution(found.compared[0]).index
    ]
    click.echo()
    title = label("study_parts", "en")
    print_table(["rule", *names], parts, right=names, title=title)
    if of_rule is not None:
        columns = ("return_effect", "carried_effect", "cost_effect", "difference")
        events = [
            [
                f"{event['event_date']:%Y-%m-%d}",
                percent(event["drift_removed"]),
                percent(event["turnover"]),
                *(amount(event[column]) for column in columns),
            ]
            for event in found.events(of_rule).to_dict("records")
        ]
        heads = ["drift removed", "turnover", "return", "carried", "cost", "sum"]
        title = label("study_events", "en", rule=rule_words(of_rule, "en"))
        click.echo()
        print_table(
            ["date", *heads], events, right=heads, title=title, empty="No trade."
        )
    _print_foot(found)


def _print_luck(found: TimingLuck) -> None:
    from foresto_lab.labels import count, label, percent
    from foresto_lab.scenarios.study_words import luck_sentences, rule_words

    _print_head(found, luck_sentences(found, language="en"))
    columns = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
    for measure in ("cagr", "max_drawdown"):
        rows = [
            [
                rule_words(str(name), "en"),
                count(row["base_days"]),
                *(percent(row[column]) for column in (*columns, "spread")),
                percent(row["chosen"]),
                count(row["rank"]),
                percent(row["tranched"]),
            ]
            for name, row in found.summary.xs(measure, level="measure").iterrows()
        ]
        heads = ["days", "min", "25%", "median", "75%", "max", "spread"]
        heads += ["chosen day", "its rank", "all days"]
        title = label(measure, "en")
        print_table(["rule", *heads], rows, right=heads, title=title)
        click.echo()
    _print_foot(found)


def _print_head(found: RebalancingStudy | TimingLuck, sentences: list[str]) -> None:
    if found.simulated:
        click.echo("These prices are SIMULATED; no market ever traded at them.")
    for sentence in sentences:
        click.echo(sentence)
    click.echo()


def _print_foot(found: RebalancingStudy | TimingLuck) -> None:
    for finding in found.findings:
        click.echo(str(finding))
    click.echo(f"Run {found.run_id}, request {found.request_hash[:12]}…")
