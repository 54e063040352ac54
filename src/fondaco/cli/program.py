"""How this call would be written again, so that a command that is shown can be copied."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.cli.output import shorten

if TYPE_CHECKING:
    from fondaco.settings import Settings


def program() -> str:
    """``fondaco`` where that is found, else the path by which it was called, such as ``.venv/bin/fondaco``."""
    used, found = Path(sys.argv[0]), shutil.which("fondaco")
    if used.name != "fondaco" or (found and Path(found).samefile(used)):
        return "fondaco"
    return shlex.quote(shorten(str(used)))


def again(settings: Settings, words: str) -> str:
    """A command for the same warehouse: with ``-C`` and ``-t`` where they are needed to find it."""
    from fondaco.errors import ConfigError
    from fondaco.settings import find_config

    try:
        is_found = find_config(None) == settings.file
    except ConfigError:
        is_found = False
    where = "" if is_found else f" -C {shlex.quote(shorten(str(settings.root)))}"
    target = f" -t {shlex.quote(settings.target)}" if settings.target else ""
    return f"{program()} {words}{where}{target}"
