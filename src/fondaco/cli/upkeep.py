"""The commands that look after the lake: where the landing stands, rows that were put aside, files, and who did what."""

from __future__ import annotations

from typing import Annotated

import typer

from fondaco.cli.call import Call
from fondaco.errors import UsageError

state_app = typer.Typer(help="Where the landing stands.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows that were put aside, and why.", no_args_is_help=True)
lake_app = typer.Typer(help="The lake's files, and who did what to it.", no_args_is_help=True)

Table = Annotated[str | None, typer.Argument(metavar="[TABLE]", help="A table, as orders or shop.orders.")]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="CODE", help="Only rows put aside for this reason, such as not_an_integer.")
]
Batch = Annotated[str | None, typer.Option("--batch", metavar="ID", help="Only rows that this batch put aside.")]


@state_app.command("show")
def state_show(ctx: typer.Context) -> int:
    """Per table: up to when the shop was read, the last commit, rows in total."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.lake import state_screen
    from fondaco.job.look import state

    call: Call = ctx.obj
    found = state(call.settings())
    return emit("state show", call.json, found, state_screen(found))


@state_app.command("rewind")
def state_rewind(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table, as orders or shop.orders.")],
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Source time from which the next run reads again.")] = None,
    to_commit: Annotated[
        int | None, typer.Option("--to-commit", metavar="N", min=0, help="Go back to where the table stood after this commit.")
    ] = None,
) -> int:
    """Let the next run read a table again from an earlier time; what it finds known is not doubled."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import rewind_screen
    from fondaco.job.upkeep import rewind

    call: Call = ctx.obj
    done = rewind(call.settings(), table, to, to_commit)
    return emit("state rewind", call.json, done, rewind_screen(done))


@state_app.command("rebuild")
def state_rebuild(ctx: typer.Context) -> int:
    """Make ingestion_state.json anew from the commit log."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import rebuild_screen
    from fondaco.job.upkeep import rebuild_state

    call: Call = ctx.obj
    done = rebuild_state(call.settings())
    return emit("state rebuild", call.json, done, rebuild_screen(done))


@quarantine_app.command("list")
def quarantine_list(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also rows that were replayed, overtaken or dropped.")] = False,
) -> int:
    """How many rows were put aside, by table, file and reason."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.lake import quarantine_list_screen
    from fondaco.job.look import quarantine_entries

    call: Call = ctx.obj
    found = quarantine_entries(call.settings(), settled=every)
    return emit("quarantine list", call.json, found, quarantine_list_screen(found))


@quarantine_app.command("show")
def quarantine_show(
    ctx: typer.Context,
    table: Table = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="Also rows that were replayed, overtaken or dropped.")] = False,
) -> int:
    """The rows that were put aside: file, row, reason and the raw row."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.lake import quarantine_show_screen
    from fondaco.job.look import quarantine_rows

    call: Call = ctx.obj
    found = quarantine_rows(call.settings(), table, limit, settled=every)
    return emit("quarantine show", call.json, found, quarantine_show_screen(found))


@quarantine_app.command("replay")
def quarantine_replay(ctx: typer.Context, table: Table = None, reason: Reason = None, batch: Batch = None) -> int:
    """Type rows that were put aside by today's declarations; those that are good now land."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import replay_screen
    from fondaco.job.upkeep import replay

    call: Call = ctx.obj
    done = replay(call.settings(), table, reason, batch)
    return emit("quarantine replay", call.json, done, replay_screen(done))


@quarantine_app.command("drop")
def quarantine_drop(
    ctx: typer.Context,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why these rows may be missing; it is kept with them.")],
    table: Table = None,
    reason: Reason = None,
    batch: Batch = None,
    erase: Annotated[bool, typer.Option("--erase", help="Remove the rows themselves, those dropped before too; needs -y.")] = False,
) -> int:
    """Give rows up that were put aside; they stay, marked as dropped."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import drop_screen
    from fondaco.job.upkeep import drop

    call: Call = ctx.obj
    if erase and not call.yes:
        raise UsageError("--erase cannot be undone", hint="the same again with -y if it is meant")
    if table is None and batch is None and not call.yes:
        raise UsageError("this would drop rows of every table", hint="name a table, or the same again with -y if it is meant")
    done = drop(call.settings(), table, reason, batch, why, erase=erase)
    return emit("quarantine drop", call.json, done, drop_screen(done))


@lake_app.command("compact")
def lake_compact(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Tables, as orders or shop.orders; all of them by default.")
    ] = None,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="DURATION", help="Leave files alone that landed within this time, as in 7d or 12h.")
    ] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be put together; change nothing.")] = False,
) -> int:
    """Put old small files together to few large ones; no row changes."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import compact_screen
    from fondaco.job.upkeep import compact
    from fondaco.settings.values import parse_duration

    call: Call = ctx.obj
    try:
        age = parse_duration(older_than)
    except ValueError as error:
        raise UsageError(f"--older-than: {error}", hint="fondaco lake compact --older-than 7d") from None
    done = compact(call.settings(), tuple(tables or ()), age, dry_run=dry_run)
    return emit("lake compact", call.json, done, compact_screen(done))


@lake_app.command("audit")
def lake_audit(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=0, help="Entries to show; 0 shows all.")] = 50) -> int:
    """Who did what to the lake, when, and what came of it; the youngest first."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.upkeep import audit_screen
    from fondaco.job.upkeep import audit

    call: Call = ctx.obj
    found = audit(call.settings(), limit or None)
    return emit("lake audit", call.json, found, audit_screen(found))
