"""Cash flows as texts: ``+500000/MONTHLY``, ``-4%/ANNUAL``, ``+1000000@2020-03-02``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from foresto_lab.errors import CashFlowError
from foresto_lab.rebalancing.cashflows.account_flows import Invest
from foresto_lab.rebalancing.cashflows.growth import ConsumerPrices
from foresto_lab.rebalancing.cashflows.listed import ListedFlows
from foresto_lab.rebalancing.cashflows.scheduled import (
    Contribution,
    ScheduledFlow,
    Withdrawal,
)
from foresto_lab.types import BaseDay

if TYPE_CHECKING:
    from foresto_lab.rebalancing.cashflows.plan import CashFlow

FLOW_GRAMMAR: Final = """\
flows     = flow {";" flow}
flow      = sign number ["%"] "/" frequency ["/" base day] {option}
          | sign number "@" YYYY-MM-DD ["toward"]
sign      = "+" (paid in) | "-" (taken out)
number    = digits, with "_" or "," between thousands if you like; "%" is of NAV
frequency = WEEKLY | MONTHLY | QUARTERLY | SEMIANNUAL | ANNUAL
base day  = FIRST_TRADING_DAY (the default) | LAST_TRADING_DAY
option    = "growth" number "%"      a year; not with an amount in %
          | "from" YYYY-MM-DD | "to" YYYY-MM-DD
          | "money-of" YYYY-MM-DD    the date whose money the amount is in
          | "toward" | "target"      how it is invested
"""
"""The grammar of a flow's text; letters may be of either case."""

_EXAMPLES: Final = (
    "'+500000/MONTHLY', '-4%/ANNUAL', '-40000/ANNUAL growth 2.5%' or "
    "'+1000000@2020-03-02'"
)
_HEAD: Final = re.compile(
    r"(?P<sign>[+-])\s*(?P<number>\d[\d_,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"\s*(?P<percent>%?)\s*(?P<joint>[/@])\s*(?P<when>\S+)"
)
_RATE: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?%")
_OPTIONS: Final = {
    "growth": "growth",
    "from": "start",
    "to": "end",
    "money-of": "money_of",
}


def parse_flow_text(text: str) -> tuple[CashFlow, ...]:
    """Return the flows that a text describes, as ``FLOW_GRAMMAR`` says.

    Raises
    ------
    CashFlowError
        The text is not of that form.
    UnknownNameError
        A frequency or base day is none of those there are.
    AmountError
        An amount or rate is outside its range.
    InputError
        A date is no date.
    """
    parts = [part.strip() for part in text.split(";")]
    return tuple(_parse_one(part) for part in parts)


def scheduled_text(flow: ScheduledFlow) -> str:
    """Return the text of a scheduled flow; consumer prices are told by their name."""
    sign = "+" if flow.sign > 0 else "-"
    size = (
        _number(flow.amount)
        if flow.amount is not None
        else f"{_number(100 * (flow.nav_rate or 0.0))}%"
    )
    words = [f"{sign}{size}/{flow.frequency}"]
    if flow.base_day is not BaseDay.FIRST_TRADING_DAY:
        words[0] += f"/{flow.base_day}"
    if isinstance(flow.growth, ConsumerPrices):
        words.append("growth with consumer prices")
    elif flow.growth != 0.0:
        words.append(f"growth {_number(100 * flow.growth)}%")
    for word, name in list(_OPTIONS.items())[1:]:
        value = getattr(flow, name)
        words += [] if value is None else [f"{word} {value}"]
    words += ["toward"] if flow.invest is Invest.TOWARD else []
    return " ".join(words)


def listed_text(flow: ListedFlows) -> str:
    """Return the text of a listed flow; of many, how many and from when to when."""
    toward = " toward" if flow.invest is Invest.TOWARD else ""
    if len(flow.dates) == 1:
        amount = flow.amounts[0]
        sign = "-" if amount < 0 else "+"
        return f"{sign}{_number(abs(amount))}@{flow.dates[0]}{toward}"
    return f"{len(flow.dates)} flows {flow.dates[0]}..{flow.dates[-1]}{toward}"


def _parse_one(text: str) -> CashFlow:
    head = _HEAD.match(text)
    if head is None:
        _refuse(text, _reason(text))
    words = text[head.end() :].split()
    number = float(head["number"].replace("_", "").replace(",", ""))
    if head["joint"] == "@":
        return _listed(text, head, number, words)
    return _scheduled(text, head, number, words)


def _listed(
    text: str, head: re.Match[str], number: float, words: list[str]
) -> ListedFlows:
    if head["percent"]:
        _refuse(text, "a flow of one date is an amount, not a % of NAV")
    lowered = [word.casefold() for word in words]
    if lowered not in ([], ["toward"], ["target"]):
        _refuse(text, f"{' '.join(words)!r} means nothing for a flow of one date")
    signed = -number if head["sign"] == "-" else number
    return ListedFlows({head["when"]: signed}, invest=(lowered or ["target"])[0])


def _scheduled(
    text: str, head: re.Match[str], number: float, words: list[str]
) -> Contribution | Withdrawal:
    frequency, _, base_day = head["when"].partition("/")
    values: dict[str, Any] = {"frequency": frequency}
    if base_day:
        values["base_day"] = base_day
    values["nav_rate" if head["percent"] else "amount"] = (
        number / 100 if head["percent"] else number
    )
    values |= _parse_options(text, words)
    kind = Contribution if head["sign"] == "+" else Withdrawal
    return kind(**values)


def _parse_options(text: str, words: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name = word.casefold()
        if name in set(Invest):
            key, value = "invest", name
        elif name in _OPTIONS:
            key, value = _OPTIONS[name], next(rest, "")
            if not value:
                _refuse(text, f"{word!r} lacks what it is")
        else:
            allowed = ", ".join((*_OPTIONS, *Invest))
            _refuse(text, f"{word!r} is no option; there are {allowed}")
        if key in values:
            _refuse(text, f"{word!r} comes twice")
        values[key] = _parse_rate(text, value) if key == "growth" else value
    return values


def _parse_rate(text: str, given: str) -> float:
    if not _RATE.fullmatch(given):
        _refuse(text, f"growth is {given!r}; write a rate a year such as 2.5%")
    return float(given[:-1]) / 100


def _reason(text: str) -> str:
    if not text:
        return "there is nothing in it"
    if text[0] not in "+-":
        return "it lacks the sign: + is paid in, - is taken out"
    if "/" not in text and "@" not in text:
        return "it lacks when: /MONTHLY, or @ and a date"
    return "it is not of that form"


def _refuse(text: str, reason: str) -> NoReturn:
    raise CashFlowError(
        message=f"Cash flow {text!r} cannot be read: {reason}. Write {_EXAMPLES}."
    )


def _number(value: float | None) -> str:
    """Return the shortest decimal that reads back as (nearly) the number."""
    number = 0.0 if value is None else value
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.12g}"
