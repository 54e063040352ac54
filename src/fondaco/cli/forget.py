"""`fondaco forget`: one person's request, or what is too old, foreseen or carried out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

from fondaco.cli.call import Call
from fondaco.cli.output import emit
from fondaco.cli.progress import watching
from fondaco.cli.screens.forget import expired_screen, forget_screen
from fondaco.errors import UsageError
from fondaco.job.expire import expire as do_expire
from fondaco.job.forget import forget as do


def forget(call: Call, customers: Sequence[str], source: str | None, *, dry_run: bool) -> int:
    """Runs one call of the command and returns its exit code."""
    _meant(call, dry_run=dry_run)
    settings = call.settings()
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        watch.step("forget", "she is looked for")
        began = time.monotonic()
        done = do(settings, customers, source, dry_run=dry_run, on_step=watch.note)
        watch.done("forget", "nothing was changed" if dry_run else "she is forgotten", time.monotonic() - began)
    return emit("forget", call.json, done, forget_screen(done), exit_code=done.exit_code)


def expire(call: Call, on: date | None, *, dry_run: bool) -> int:
    """Runs one call of the command with --expired and returns its exit code."""
    _meant(call, dry_run=dry_run)
    settings = call.settings()
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        watch.step("forget", "what is too old is looked for")
        began = time.monotonic()
        done = do_expire(settings, on, dry_run=dry_run, on_step=watch.note)
        watch.done("forget", "nothing was changed" if dry_run else "nothing is kept for too long", time.monotonic() - began)
    return emit("forget", call.json, done, expired_screen(done), exit_code=done.exit_code)


def _meant(call: Call, *, dry_run: bool) -> None:
    if not dry_run and not call.yes:
        raise UsageError(
            "what is erased cannot be brought back", hint="see first what it would be with --dry-run; then the same again with -y"
        )
