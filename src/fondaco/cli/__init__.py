"""The command line: parse, call a room, print. Nothing heavy is imported before a command needs it.

app.py       the commands and their options
call.py      the global options, which work before and after the command
output.py    one place for stdout, stderr, JSON, errors and exit codes
metrics.py   the commands about figures
progress.py  what runs, while it runs
scaffold.py  what `fondaco init` writes
screens/     what a person reads at the end
"""

from fondaco.cli.app import main

__all__ = ["main"]
