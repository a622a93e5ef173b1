"""A setting as the Python that reproduces it."""

from __future__ import annotations

from pathlib import Path

from foresto_lab.errors import WorkspaceNotFoundError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.settings import find_home
from foresto_lab.widgets.comparison import Comparison


def simulate_call(comparison: Comparison, stored_rule: str | None, home: Path) -> str:
    """Return a script that runs the active setting in the workspace at ``home``."""
    setting = comparison.setting
    arguments = [repr(setting.scenario)]
    if comparison.start:
        arguments.append(f'start="{comparison.start}"')
    if comparison.end:
        arguments.append(f'end="{comparison.end}"')
    arguments.append(f"initial_amount={_number(comparison.initial_amount)}")
    rule = setting.rule()
    if rule is not None:
        code = f'"{stored_rule}"' if stored_rule else rule_code(rule)
        arguments.append(f"rebalancing={code}")
    if setting.costs:
        arguments.append(f'costs="{setting.costs}"')
    if comparison.cash_flow:
        arguments.append(f'cashflows="{comparison.cash_flow}"')
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return (
        "import foresto_lab as fl\n\n"
        f"lab = fl.open_lab({_home_argument(home)})\n"
        f"result = lab.simulate(\n{lines})\n"
    ).replace("'", '"')


def rule_code(rule: RebalancingRule) -> str:
    """Return the constructor call of a rule."""
    match rule:
        case Periodic():
            return (
                f'fl.Periodic("{rule.frequency}", "{rule.base_day}", '
                f"cost_rate={rule.cost_rate!r})"
            )
        case Drift():
            relative = ", relative=True" if rule.relative else ""
            to = "" if rule.to == "target" else f', to="{rule.to}"'
            return (
                f"fl.Drift({rule.threshold!r}{relative}{to}, "
                f"cost_rate={rule.cost_rate!r})"
            )
        case Hybrid():
            parts = f"{rule_code(rule.periodic)}, {rule_code(rule.drift)}"
            return f'fl.Hybrid({parts}, mode="{rule.mode}")'


def _number(value: float) -> str:
    return f"{int(value):_}" if value == int(value) else repr(value)


def _home_argument(home: Path) -> str:
    """Return nothing where the workspace is found from the working folder anyway."""
    try:
        found = find_home() == home.resolve()
    except WorkspaceNotFoundError:
        found = False
    return "" if found else repr(str(home))
