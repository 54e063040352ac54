"""`fondaco report`: pages as one file of HTML, as a user of the policy sees them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fondaco.cli.call import Call
from fondaco.cli.output import emit
from fondaco.cli.progress import watching
from fondaco.cli.screens.policy import lines_screen
from fondaco.errors import UsageError, did_you_mean

_DIGESTS = ("week", "month")


def report(call: Call, user: str | None, out: Path, asked: Mapping[str, str], digest: str | None) -> int:
    """Runs one call of the command and returns its exit code."""
    settings = call.settings()
    if digest is not None and digest not in _DIGESTS:
        raise UsageError(f"there is no digest of a {digest!r}{did_you_mean(digest, _DIGESTS)}", hint="--digest week or --digest month")
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        watch.step("report", "the figures are asked and drawn")
        began = time.monotonic()
        from fondaco.dashboards.opening import first_user, looking
        from fondaco.dashboards.report import write

        with looking(settings, user or first_user(settings)) as viewer:
            made = write(
                viewer, settings, {**asked, "period": digest} if digest else asked, out, datetime.now(UTC), short=digest is not None
            )
        watch.done("report", f"written for {viewer.user}", time.monotonic() - began)
    told = [f"{out}  {made.days}, as {viewer.user} ({viewer.role}) sees it, who sees {made.sees}"]
    return emit("report", call.json, {"path": str(out), "user": viewer.user, "role": viewer.role, "days": made.days}, lines_screen(told))
