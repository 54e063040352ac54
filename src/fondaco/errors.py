"""Every error of fondaco, as one tree; the parent says what may be done about it.

FondacoError                 exit code 1   something could not be done
├── UsageError               exit code 2   the call, a setting or a declaration is wrong: mend it, then again
│   ├── ConfigError                        fondaco.yml or the environment
│   └── DeclarationError                   contracts/, systems/, policy/, warehouse/
├── SourceError              exit code 1   a source cannot be read: the other tables go on
│   ├── FileRejected                       one file of a drop is refused whole, by name
│   └── DeletesRefused                     a source lost more rows than is believed: nothing was deleted
├── LakeError                exit code 1   the lake cannot be read or written
│   └── BatchStopped                       too much of a batch is bad: that table waits, the others go on
├── BuildError               exit code 1   a model or a test failed
├── ServeError               exit code 1   the server that people ask cannot be run, or governed
├── Refused                  exit code 1   what was asked of it is wrong, too much, or not for this person
├── AlertNotSent             exit code 1   nobody could be told of something else
└── LockedError              exit code 75  somebody else is writing: the same call works later
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FondacoError(Exception):
    """What went wrong, where, and the next step.

    Args:
        message: one sentence that names the thing.
        where: the place, as ``file``, ``file:line`` or ``file, row N``.
        hint: the next step, as an order ("rename it to …").
    """

    code = "E100"
    exit_code = 1
    #: Whether it may pass by itself, so that the same call, unchanged, is worth another try in a while.
    may_pass = False

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.message]
        if self.where:
            parts.append(f"  --> {self.where}")
        if self.hint:
            parts.append(f"  hint: {self.hint}")
        return "\n".join(parts)


class UsageError(FondacoError):
    code = "E200"
    exit_code = 2


class ConfigError(UsageError):
    code = "E201"


class DeclarationError(UsageError):
    code = "E202"


class SourceError(FondacoError):
    code = "E301"
    may_pass = True


class FileRejected(SourceError):
    code = "E302"
    may_pass = False


class DeletesRefused(SourceError):
    code = "E303"
    may_pass = False


class LakeError(FondacoError):
    code = "E401"
    may_pass = True


class BatchStopped(LakeError):
    code = "E402"
    may_pass = False


class BuildError(FondacoError):
    code = "E501"


class ServeError(FondacoError):
    code = "E601"
    may_pass = True


class Refused(FondacoError):
    code = "E602"


class AlertNotSent(FondacoError):
    code = "E603"
    may_pass = True


class LockedError(FondacoError):
    code = "E750"
    exit_code = 75
    may_pass = True


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'email'?)`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
