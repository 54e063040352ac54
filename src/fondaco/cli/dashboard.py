"""`fondaco dashboard`: the governed server, and in front of it the live app, until somebody ends both."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fondaco.cli.call import Call
from fondaco.cli.output import console
from fondaco.cli.progress import watching
from fondaco.cli.screens.policy import lines_screen
from fondaco.cli.serve import interrupt
from fondaco.errors import FondacoError, ServeError, UsageError
from fondaco.governance import alarms, plan_of
from fondaco.governance.server import server_of, start, stop
from fondaco.governance.serving import refresh
from fondaco.settings import Settings

_HERE = ("127.0.0.1", "::1", "localhost")


def dashboard(call: Call, host: str | None, port: int | None) -> int:
    """Runs one call of the command and returns its exit code."""
    settings = call.settings()
    host, port = host or settings.dashboard.host, port or settings.dashboard.port
    if call.json:
        raise UsageError("the live app answers with pages", hint="leave --json out; fondaco metrics query has the numbers as JSON")
    if importlib.util.find_spec("streamlit") is None:
        raise UsageError("the live app is not installed", hint="pip install 'fondaco[dashboard]'")
    if settings.demo and host not in _HERE:
        raise UsageError(
            f"this is a demonstration, where everybody may look as anybody: it is not shown on {host}",
            hint="leave --host out; or set demo: false, and log people in (docs/how-to/show-the-numbers.md)",
        )
    if (meant := alarms(plan_of(settings))) and not call.yes:
        raise UsageError(
            f"this policy is not put in force: {'; '.join(meant)}", where=str(settings.policy_dir), hint="if that is meant: --yes"
        )
    # a service manager ends it as Ctrl-C does
    signal.signal(signal.SIGTERM, interrupt)
    server = server_of(settings)
    ours = settings.serve.admin is None and not server.is_running()
    try:
        with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
            watch.step("serve", "PostgreSQL is started and brought up to date")
            began = time.monotonic()
            if settings.serve.admin is None:
                start(server)
            refresh(settings, on_step=watch.note)
            watch.done("serve", "PostgreSQL runs, governed", time.monotonic() - began)
        return _run(call, settings, host, port)
    except (FondacoError, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt):
            return 0
        raise
    finally:
        if ours:
            stop(server)


def _run(call: Call, settings: Settings, host: str, port: int) -> int:
    if call.verbosity >= 0:
        lines_screen(["", f"the numbers: http://{host}:{port}   until Ctrl-C"])(console(stderr=True))
    app = subprocess.Popen([*command(host, port), *_config(call)], cwd=settings.root, stdout=subprocess.DEVNULL)
    try:
        code = app.wait()
    except KeyboardInterrupt:
        app.terminate()
        app.wait()
        return 0
    if code:
        raise ServeError("the live app has ended", hint=f"is port {port} taken? --port names another one")
    return 0


def command(host: str, port: int) -> list[str]:
    """How Streamlit is run: without telemetry, without a traceback on a page, with our colours."""
    # found, not imported: Streamlit imports it anew for each click
    entry = Path(__file__).parents[1] / "dashboards" / "app" / "entry.py"
    # -P: a file of the shop's folder is no module of ours, whatever its name
    return [sys.executable, "-P", "-m", "streamlit", "run", str(entry), *_options(host, port), "--"]


def _config(call: Call) -> list[str]:
    told = ["--config", str(call.config.absolute())] if call.config is not None else []
    return [*told, "--target", call.target] if call.target is not None else told


def _options(host: str, port: int) -> Iterator[str]:
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.toolbarMode": "minimal",
        "runner.magicEnabled": "false",
        "theme.baseRadius": "8px",
        "theme.light.primaryColor": "#1f5fbf",
        "theme.light.backgroundColor": "#ffffff",
        "theme.light.secondaryBackgroundColor": "#f4f6f8",
        "theme.light.textColor": "#1b2430",
        "theme.light.linkColor": "#1f5fbf",
        "theme.light.greenTextColor": "#0b6b43",
        "theme.light.redTextColor": "#b3261e",
        "theme.light.grayTextColor": "#4d5764",
        "theme.dark.primaryColor": "#6ea3f0",
        "theme.dark.backgroundColor": "#10151c",
        "theme.dark.secondaryBackgroundColor": "#18202a",
        "theme.dark.textColor": "#e8ecf2",
        "theme.dark.linkColor": "#8db8f5",
        "theme.dark.greenTextColor": "#5fcf9a",
        "theme.dark.redTextColor": "#ff8a80",
        "theme.dark.grayTextColor": "#a8b2c0",
    }
    for name, value in options.items():
        yield from (f"--{name}", value)
