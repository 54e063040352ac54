"""One place for stdout, stderr, JSON, errors and exit codes.

stdout carries the result alone: a screen for a person, or with ``--json`` one document. Everything else goes to stderr.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.errors import FondacoError, LakeError

if TYPE_CHECKING:
    from rich.console import Console

#: Of the JSON documents; it changes when a field goes or changes its meaning, not when one is added.
FORMAT = 1
#: Where no terminal says how wide it is.
WIDTH = 100


def console(*, stderr: bool = False) -> Console:
    """A console of rich; colours and width follow the terminal, NO_COLOR and COLUMNS."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    found = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return found if stream.isatty() else Console(stderr=stderr, highlight=False, width=_columns())


def emit(
    command: str, as_json: bool, data: Any, screen: Callable[[Console], None], exit_code: int = 0, error: FondacoError | None = None
) -> int:
    """Prints the result of a command and returns its exit code."""
    if as_json:
        document(command, data, exit_code, error)
    else:
        screen(console())
        if error is not None:
            complain(error)
    return exit_code


def table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Comma-separated values on stdout (RFC 4180) with a line of names; values as in JSON, a missing one is empty. Returns the exit code."""
    import csv

    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows([plain(value) for value in row] for row in rows)
    return 0


def document(command: str, data: Any, exit_code: int, error: FondacoError | None = None) -> None:
    """The one JSON document of a call, on stdout."""
    from fondaco import __version__

    told = {
        "fondaco": __version__,
        "format": FORMAT,
        "command": command,
        "ok": exit_code == 0,
        "exit_code": exit_code,
        "error": None if error is None else {"code": error.code, "message": error.message, "where": error.where, "hint": error.hint},
        "data": plain(data),
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")


def complain(error: FondacoError) -> None:
    """``error[E201]: … --> fondaco.yml:14  hint: …`` on stderr."""
    from rich.text import Text

    text = Text.assemble((f"error[{error.code}]", "bold red"), (": ", "bold"), (error.message, "bold"))
    if error.where:
        text.append("\n  --> ", "blue").append(shorten(error.where))
    if error.hint:
        text.append("\n  hint: ", "cyan").append(error.hint)
    console(stderr=True).print(text, soft_wrap=True)


def shorten(where: str) -> str:
    """A place as seen from here: ``fondaco.yml:14`` for a file in this folder."""
    here = f"{Path.cwd()}/"
    return where.removeprefix(here)


def from_os(error: OSError) -> FondacoError:
    """What the operating system refused, in our words."""
    where = str(error.filename) if error.filename else None
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return LakeError("the disk is full", where=where, hint="make room, then run the same again: nothing half-written counts")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return LakeError(
                "this place cannot be written", where=where, hint="give this user write permission, or set lake.path and warehouse.path"
            )
        case _:
            return FondacoError(
                error.strerror or str(error), where=where, hint="mend it, then run the same again: what has landed stays landed"
            )


def plain(value: Any) -> Any:
    """Values of ours as JSON has them: amounts are text (exact), times ISO 8601, durations seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    if isinstance(value, FondacoError):
        return {"code": value.code, "message": value.message, "where": value.where, "hint": value.hint}
    if isinstance(value, float) and value != value:
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((WIDTH, 24)).columns
