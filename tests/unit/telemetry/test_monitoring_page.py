"""docs/monitoring.md keeps up: every metric, label, event and setting is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from foresto_lab.settings import Settings
from foresto_lab.telemetry.asked import ASKED
from foresto_lab.telemetry.metrics import COUNTED

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
METHODS = {"info", "warning", "error", "failure"}
LOGGERS = {"log", "events"}
METRICS = {metric.name: metric.labels for metric in (*COUNTED.values(), *ASKED)}


def events() -> Iterator[tuple[str, str]]:
    """Yield each event that the package can write, with the file it is in."""
    for path in sorted((ROOT / "foresto_lab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in METHODS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in LOGGERS
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value), path.name


def alert_rules() -> list[dict[str, str]]:
    (block,) = re.findall(r"```yaml\n(groups:.*?)```", PAGE, re.DOTALL)
    (group,) = yaml.safe_load(block)["groups"]
    rules: list[dict[str, str]] = group["rules"]
    return rules


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_row_with_its_labels(name: str) -> None:
    (labels,) = re.findall(rf"^\| `{name}` \| (.*?) ?\| ", PAGE, re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", labels)) == METRICS[name]


def test_every_event_is_explained() -> None:
    found = dict(events())
    assert "workspace opened" in found
    missing = {event: file for event, file in found.items() if f"`{event}`" not in PAGE}
    assert not missing


def test_every_setting_is_named() -> None:
    names = [n for n in Settings.model_fields if n.startswith(("log_", "metrics_"))]
    assert len(names) == 4
    for name in names:
        assert f"FORESTO_{name.upper()}" in PAGE


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["alert"])
def test_alert_rules_speak_of_metrics_and_labels_that_exist(
    rule: dict[str, str],
) -> None:
    names = re.findall(r"foresto_\w+", rule["expr"])
    assert names
    for name in names:
        metric = re.sub("_(bucket|sum|count)$", "", name)
        assert metric in METRICS
        for labels in re.findall(rf"{name}\{{(.*?)\}}", rule["expr"]):
            asked = re.findall(r"(\w+)=", labels)
            assert set(asked) <= set(METRICS[metric])
