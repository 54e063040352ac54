"""The pages of Dagster, which runs what is run here by hand, by the clock."""

from __future__ import annotations

from fondaco.cli.call import Call
from fondaco.errors import UsageError


def dagster(call: Call, *, prepare: bool, host: str, port: int) -> int:
    """Makes Dagster's home and runs its pages, or only makes it ready."""
    from fondaco.cli.output import emit
    from fondaco.orchestration import home

    settings = call.settings()
    if prepare:
        made = home.prepare(settings)
        text = f"DAGSTER_HOME={made}\nFONDACO_CONFIG={settings.file}"
        return emit(
            "dagster",
            call.json,
            {"home": made, "module": home.MODULE, "config": settings.file},
            lambda console: console.print(text, soft_wrap=True),
        )
    if call.json:
        raise UsageError("--json goes with --prepare", hint="the pages are for people: fondaco dagster")
    return home.pages(settings, host, port)
