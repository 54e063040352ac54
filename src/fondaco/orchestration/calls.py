"""A stage called from Dagster: what it notes goes to the run's log; of its errors only those that may pass by themselves are tried again."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from logging import Logger
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from dagster import Failure, MetadataValue, RetryRequested

from fondaco.errors import FondacoError
from fondaco.settings import Schedule

if TYPE_CHECKING:
    from dagster import DagsterLogManager

#: A wait doubles with each try, up to this: who was down for so long is down for longer.
_LONGEST_WAIT = 3600.0
#: Waiting makes no room, and gives no permission.
_LASTING = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)


class Step(Protocol):
    """What of a step's context is needed here."""

    @property
    def log(self) -> DagsterLogManager: ...
    @property
    def retry_number(self) -> int: ...


@dataclass
class Told:
    """Watches a run of the job, and tells Dagster's log."""

    log: Logger | DagsterLogManager
    notes: list[str] = field(default_factory=list)

    def step(self, name: str, doing: str) -> None:
        self.log.info(f"{name}: {doing}")

    def note(self, text: str) -> None:
        self.log.debug(text)

    def done(self, name: str, text: str, took: float) -> None:
        self.log.info(f"{name}: {text} ({took:.1f} s)")


@contextmanager
def calling(context: Step, schedule: Schedule) -> Iterator[Told]:
    """A call of a stage; its errors become what Dagster does next.

    Raises:
        RetryRequested: after a wait, the same is worth another try.
        Failure: it is not.
    """
    try:
        yield Told(context.log)
    except (FondacoError, OSError) as error:
        give_up(context, schedule, (error,))


def give_up(context: Step, schedule: Schedule, errors: Iterable[FondacoError | OSError]) -> NoReturn:
    """Ends a step: by a retry if all of its errors may pass, else by a failure that says what to mend.

    Raises:
        RetryRequested, Failure: always one of them.
    """
    found = list(errors)
    if all(may_pass(error) for error in found) and context.retry_number < schedule.retries:
        wait = min(schedule.wait.total_seconds() * 2**context.retry_number, _LONGEST_WAIT)
        context.log.warning(f"{said(found[0])}\ntried again in {wait:.0f} s")
        raise RetryRequested(max_retries=schedule.retries, seconds_to_wait=wait) from found[0]
    metadata: dict[str, Any] = {}
    for error in found:
        if isinstance(error, FondacoError):
            metadata |= {"where": error.where or "", "hint": error.hint or ""} if "hint" not in metadata else {}
    raise Failure("\n".join(said(error) for error in found), metadata=_texts(metadata), allow_retries=False) from found[0]


def may_pass(error: FondacoError | OSError) -> bool:
    """Whether waiting may mend it."""
    return error.may_pass if isinstance(error, FondacoError) else error.errno not in _LASTING


def said(error: FondacoError | OSError) -> str:
    """An error as a person reads it: what, where, next step."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full\n  --> {error.filename or 'the disk of this machine'}\n  hint: make room; nothing half-written counts, and the next run goes on"
    return str(error)


def _texts(values: dict[str, Any]) -> dict[str, MetadataValue[Any]]:
    return {name: MetadataValue.text(str(value)) for name, value in values.items() if value}
