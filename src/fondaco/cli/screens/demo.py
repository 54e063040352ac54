"""What `fondaco demo` says."""

from __future__ import annotations

from rich.console import Console

from fondaco.cli.program import program
from fondaco.cli.screens.style import Screen, seconds, whole
from fondaco.job.simulate import Lived, Told


def demo_screen(lived: Lived) -> Screen:
    def show(console: Console) -> None:
        days = "1 day" if lived.days == 1 else f"{whole(lived.days)} days"
        console.print(
            f"The shop {lived.source!r} lived {days} in {seconds(lived.seconds)}; its clock stands at the morning of {lived.until}."
        )
        console.print(f"Land and build what happened with: {program()} run", style="dim")

    return show


def truth_screen(told: Told) -> Screen:
    def show(console: Console) -> None:
        console.print(f"The answer key of {told.source!r}, from its diary and not from its tables, is in {told.folder}:")
        console.print(", ".join(told.files), style="dim")

    return show
