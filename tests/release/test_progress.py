from __future__ import annotations

import io

from rich.console import Console

from redditess.release.progress import SAYS, shown


def test_a_log_gets_one_line_per_finished_stage() -> None:
    log = io.StringIO()
    with shown(Console(file=log, force_terminal=False)) as tell:
        for done in range(4):
            tell("ingest", done, 3)
        tell("assemble", 0, 5)
    assert log.getvalue() == f"{SAYS['ingest']}: 3 of 3\n"


def test_a_terminal_gets_a_bar() -> None:
    screen = io.StringIO()
    with shown(Console(file=screen, force_terminal=True, width=80)) as tell:
        tell("vote", 2, 2)
    assert SAYS["vote"] in screen.getvalue() and "2/2" in screen.getvalue()
