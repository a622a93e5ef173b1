"""A process that updates three symbols from a provider which is slow at the second.

It says ``asked`` when the second is asked for; the test then sends Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.recorded import replay
from tests.recorded.provider_server import Answer, Asked, ProviderServer, leading_to


def main(home: Path) -> None:
    from foresto_lab.cli.main import main as foresto

    usual = replay.naver(dict.fromkeys(("0000J0", "0001K0", "0002L0"), "0000J0.xml"))

    def slow_at_the_second(asked: Asked) -> Answer:
        if asked.query["symbol"] == "0001K0":
            os.write(1, b"asked\n")  # what is printed, the library's silence takes
            time.sleep(60)
        return usual(asked)

    server = ProviderServer()
    server.behaviour = slow_at_the_second
    with leading_to(server.origin):
        codes = ("0000J0", "0001K0", "0002L0")
        foresto(["--home", str(home), "data", "update", *codes, "--source", "fdr"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
