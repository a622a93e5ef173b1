"""The foresto command in processes of its own, as a shell or cron would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LONGEST_SECONDS = 600
MAIN = "from foresto_lab.cli.main import main; main()"


def start_foresto(
    *arguments: str, home: Path, **settings: str
) -> subprocess.Popen[str]:
    """Start a command; ``settings`` are FORESTO_ variables without that beginning."""
    given = {f"FORESTO_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        env={**os.environ, "FORESTO_HOME": str(home), **given},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def foresto(
    *arguments: str, home: Path, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    process = start_foresto(*arguments, home=home, **settings)
    try:
        out, err = process.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def json_lines(text: str) -> list[dict[str, Any]]:
    """Return the objects of a text of JSON lines; any other line is an error."""
    return [json.loads(line) for line in text.splitlines()]
