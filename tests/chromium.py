"""Find a Chromium on this machine; as a program, print its path or fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

CHROMIUM_VARIABLE = "FORESTO_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def runs(program: str) -> bool:
    """Tell whether a program answers; Ubuntu's ``chromium`` may be a stub."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome that runs, None without one."""
    given = os.environ.get(CHROMIUM_VARIABLE)
    found = (shutil.which(name) for name in ((given,) if given else NAMES))
    return next((path for path in found if path and runs(path)), None)


if __name__ == "__main__":
    path = find_chromium()
    sys.exit(1 if path is None else not sys.stdout.write(f"{path}\n"))
