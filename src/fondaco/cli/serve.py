"""`fondaco serve`: the server started, brought up to date, and kept until somebody ends it."""

from __future__ import annotations

import signal
import time
from types import FrameType

from fondaco.cli.call import Call
from fondaco.cli.output import console, emit
from fondaco.cli.progress import watching
from fondaco.cli.screens.policy import lines_screen, serving_screen
from fondaco.cli.screens.style import whole
from fondaco.errors import FondacoError, UsageError
from fondaco.governance import alarms, plan_of
from fondaco.governance.server import server_of, start, stop
from fondaco.governance.serving import new_password, refresh
from fondaco.settings import Settings


def serve(call: Call, *, detach: bool, halt: bool, password: str | None) -> int:
    """Runs one call of the command and returns its exit code."""
    settings = call.settings()
    if settings.serve.admin is not None and (halt or not (detach or password)):
        raise UsageError(
            "serve.admin names a server of your own: it is started and stopped as you do",
            hint="bring it up to date with: fondaco serve --detach",
        )
    if halt:
        was = stop(server_of(settings))
        return emit("serve", call.json, {"stopped": was}, lines_screen(["the server is stopped" if was else "no server was running"]))
    if password is not None:
        new = new_password(settings, password)
        return emit("serve", call.json, {"user": password, "password": new}, lines_screen([new]))
    return _serve(call, settings, detach=detach)


def _serve(call: Call, settings: Settings, *, detach: bool) -> int:
    plan = plan_of(settings)
    if (meant := alarms(plan)) and not call.yes:
        raise UsageError(
            f"this policy is not put in force: {'; '.join(meant)}", where=str(settings.policy_dir), hint="if that is meant: --yes"
        )
    server = server_of(settings)
    # a service manager ends it as Ctrl-C does
    signal.signal(signal.SIGTERM, interrupt)
    ours = settings.serve.admin is None and not server.is_running()
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        watch.step("serve", "PostgreSQL is started and brought up to date")
        began = time.monotonic()
        try:
            if settings.serve.admin is None:
                start(server)
            done = refresh(settings, on_step=watch.note)
        except (FondacoError, KeyboardInterrupt):
            if ours:
                # nobody is to ask a server that is not governed
                stop(server)
            raise
        watch.done("serve", "PostgreSQL runs, governed", time.monotonic() - began)
    published, enforced = done.published, done.enforced
    assert published is not None
    told = [
        f"{len(published.rows)} relations copied, {whole(sum(published.rows.values()))} rows; {len(published.unchanged)} were up to date"
    ]
    told += [f"not built yet: {', '.join(published.missing)}"] if published.missing else []
    told += [f"{len(enforced.drift)} things put back that had been changed by hand"] if enforced.drift else []
    passwords = str(server.passwords if settings.serve.admin is None else settings.state_dir / "pgpass")
    people = [(user, role, server.line(user)) for user, role in plan.users]
    data = {"connections": [{"user": user, "role": role, "line": line} for user, role, line in people], "passwords": passwords}
    code = emit("serve", call.json, {**data, "published": published, "enforced": enforced.told}, serving_screen(people, passwords, told))
    if not detach:
        _until_told(call)
        stop(server)
    return code


def _until_told(call: Call) -> None:
    if call.verbosity >= 0 and not call.json:
        lines_screen(["", "serving until Ctrl-C"])(console(stderr=True))
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
