from __future__ import annotations

import pytest

from fondaco.cli.call import hoist


@pytest.mark.parametrize(
    ("words", "options", "rest"),
    [
        (["status", "--json"], ["--json"], ["status"]),
        (["--json", "status"], ["--json"], ["status"]),
        (["run", "marts", "-C", "shop", "--full-refresh", "-q"], ["-C", "shop", "-q"], ["run", "marts", "--full-refresh"]),
        (["run", "--config=shop", "--target", "ci"], ["--config=shop", "--target", "ci"], ["run"]),
        (["query", "--", "--json"], [], ["query", "--", "--json"]),
        (["run", "-C"], ["-C"], ["run"]),
        ([], [], []),
    ],
)
def test_global_options_work_before_and_after_the_command(words: list[str], options: list[str], rest: list[str]) -> None:
    assert hoist(words) == (options, rest)
