"""Somebody who does not look is told: the last day's digest, and a run that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.alerts import Message, is_somebody_told, tell
from fondaco.cli.call import Call
from fondaco.errors import AlertNotSent, ConfigError, FondacoError

if TYPE_CHECKING:
    from rich.console import Console

    from fondaco.job import RunReport
    from fondaco.settings import Settings


def digest(call: Call, *, send: bool) -> int:
    """Prints it, or sends it, too."""
    from fondaco.cli.output import emit
    from fondaco.job import now
    from fondaco.job.digest import digest as of

    settings = call.settings()
    if send and not is_somebody_told(settings.alerts):
        raise ConfigError(
            "alerts names nobody", where=str(settings.file), hint="write alerts: {webhook: ${SLACK_WEBHOOK}} or alerts: {email: …}"
        )
    found = of(settings, now())
    ways = tell(settings.alerts, found) if send else ()
    return emit("digest", call.json, {"message": found, "sent": ways}, lambda console: _show(console, found, ways))


def tell_of(settings: Settings, command: str, fault: FondacoError | OSError | RunReport) -> None:
    """Tells of a run that failed; that nobody could be told must not hide why it failed."""
    from fondaco.cli.output import complain
    from fondaco.job.digest import failed

    try:
        tell(settings.alerts, failed(settings, command, fault))
    except AlertNotSent as error:
        complain(error)


def _show(console: Console, message: Message, ways: tuple[str, ...]) -> None:
    console.print(message.title, style="bold", markup=False)
    for line in message.what:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    if ways:
        console.print(f"sent by {' and '.join(ways)}", style="dim", markup=False)
