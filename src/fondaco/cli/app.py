"""The commands and their options. Each parses, calls a room, prints; the rooms are imported when a command needs them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fondaco import __version__
from fondaco.cli.call import Call, hoist
from fondaco.cli.metrics import metrics_app
from fondaco.cli.policy import policy_app
from fondaco.cli.upkeep import lake_app, quarantine_app, state_app
from fondaco.errors import FondacoError, UsageError

app = typer.Typer(
    name="fondaco",
    help="The governed data warehouse of an online shop: landed, modelled, tested, shown.",
    epilog="Global options work after the command too. Exit codes: 0 ok · 1 work failed · 2 wrong use · 75 locked, try later · 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(state_app, name="state")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(lake_app, name="lake")
app.add_typer(policy_app, name="policy")
app.add_typer(metrics_app, name="metrics")

Select = Annotated[str | None, typer.Argument(metavar="[SELECT]", help="Models to build, as dbt selects them: marts, +daily_sales, …")]
FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Build every table anew from the lake.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one call and returns its exit code; the console script hands it to the system."""
    options, words = hoist(sys.argv[1:] if arguments is None else arguments)
    as_json, command = "--json" in options, words[0] if words else ""
    try:
        code = typer.main.get_command(app).main(args=options + words, prog_name="fondaco", standalone_mode=False)
        sys.stdout.flush()
        if code == _Interrupted.exit_code:  # the parser has caught Ctrl-C
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # the reader went away (`fondaco query … | head`): nothing is left to say, and Python's own flush must not complain
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return _fail(command, as_json, _Interrupted("interrupted", hint="run the same again: it goes on where it stopped"))
    except FondacoError as error:
        return _fail(command, as_json, error)
    except OSError as error:
        from fondaco.cli.output import from_os

        return _fail(command, as_json, from_os(error))
    except typer.TyperException as error:  # the parser's own: an unknown command, option or value
        return _fail(command, as_json, _usage(error)) if error.format_message() else 2


class _Interrupted(FondacoError):
    code = "E130"
    exit_code = 130


def _fail(command: str, as_json: bool, error: FondacoError) -> int:
    from fondaco.cli.output import complain, document

    if as_json:
        document(command, None, error.exit_code, error)
    complain(error)
    return error.exit_code


def _usage(error: Any) -> UsageError:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return UsageError(message[:1].lower() + message[1:], hint=f"{context.command_path if context else 'fondaco'} --help")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fondaco {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option("-C", "--config", metavar="PATH", help="fondaco.yml, or its folder.")] = None,
    target: Annotated[str | None, typer.Option("-t", "--target", metavar="NAME", help="A name below targets: in fondaco.yml.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout; all else on stderr.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what failed.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Answer every question with yes.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")] = False,  # noqa: ARG001
) -> None:
    ctx.obj = Call(config, target, json, verbosity=int(verbose) - int(quiet), yes=yes)


@app.command()
def run(
    ctx: typer.Context,
    select: Select = None,
    full_refresh: FullRefresh = False,
    alert: Annotated[bool, typer.Option("--alert", help="If it fails, tell whom `alerts` of fondaco.yml names; for cron.")] = False,
) -> int:
    """The main job: land what is new, build and test the models, show the numbers."""
    return _work(ctx.obj, "run", alert=alert, select=select, full_refresh=full_refresh)


@app.command()
def ingest(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Tables, as orders or shop.orders; all of them by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be landed; land nothing.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Read what the sources changed from this time on again; nothing is doubled."),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="With --since: up to this time, which is left out.")] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Compare keys now to find what was deleted.")] = False,
    accept_deletes: Annotated[
        bool, typer.Option("--accept-deletes", help="Believe once that so many rows of the named tables were deleted; compares keys now.")
    ] = False,
) -> int:
    """Land what is new in the lake; build nothing."""
    call: Call = ctx.obj
    named = tuple(tables or ())
    if since is None and until is None and not sweep and not accept_deletes:
        return _plan(call, "ingest", tables=named, check=False) if dry_run else _work(call, "ingest", tables=named)
    if dry_run:
        raise UsageError("--dry-run looks at what is new only", hint="leave out --since, --sweep and --accept-deletes")
    from fondaco.job.asked import asked_of

    wants = asked_of(call.settings(), named, since, until, sweep=sweep, accept_deletes=accept_deletes)
    return _work(call, "ingest", tables=named, asked=wants)


@app.command()
def build(ctx: typer.Context, select: Select = None, full_refresh: FullRefresh = False) -> int:
    """Build and test the models over what has landed."""
    return _work(ctx.obj, "build", select=select, full_refresh=full_refresh)


@app.command()
def plan(
    ctx: typer.Context,
    select: Select = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if a run would change something.")] = False,
) -> int:
    """Say what a run would do and why; change nothing."""
    return _plan(ctx.obj, "plan", check=check, select=select)


@app.command()
def status(ctx: typer.Context) -> int:
    """How fresh each table is, the last runs, what is in quarantine, which marts are published; exits with 1 if a source is stale or a mart is not."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.status import status_screen
    from fondaco.job import now
    from fondaco.job.status import look

    call: Call = ctx.obj
    found = look(call.settings(), now())
    return emit("status", call.json, found, status_screen(found), exit_code=found.exit_code)


@app.command()
def doctor(
    ctx: typer.Context,
    part: Annotated[str | None, typer.Argument(metavar="[PART]", help="`config` prints every setting in force and who said it.")] = None,
) -> int:
    """Check everything, and say how to mend what is wrong."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.doctor import checks_screen, config_screen

    call: Call = ctx.obj
    if part == "config":
        from fondaco.settings import effective

        settings = effective(call.config, call.target)
        return emit("doctor config", call.json, settings, config_screen(settings))
    from fondaco.job.doctor import PARTS, examine

    if part is not None and part not in PARTS:
        raise UsageError(f"there is no part {part!r} to check", hint=f"parts: config, {', '.join(PARTS)}")
    checks = examine(call.config, call.target, only=part)
    return emit("doctor", call.json, checks, checks_screen(checks), exit_code=max((check.exit_code for check in checks), default=0))


@app.command()
def verify(ctx: typer.Context) -> int:
    """Compare all that the warehouse holds with the simulated shop's answer key, or any shop's rows and money with its sources; exits with 1 on the first cent."""
    from fondaco.cli.output import emit
    from fondaco.cli.progress import watching
    from fondaco.cli.screens.verify import verify_screen
    from fondaco.job.verify import verify as hold

    call: Call = ctx.obj
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        found = hold(call.settings(), watch)
    return emit("verify", call.json, found, verify_screen(found), exit_code=found.exit_code)


@app.command()
def query(
    ctx: typer.Context,
    sql: Annotated[str, typer.Argument(help="One SELECT; `-` reads it from stdin.")],
    limit: Annotated[int, typer.Option("--limit", min=0, help="Rows to show; 0 shows all.")] = 1000,
    known: Annotated[
        datetime | None,
        typer.Option("--as-known-at", formats=["%Y-%m-%d"], metavar="DAY", help="As it was known when that day of the shop ended."),
    ] = None,
    user: Annotated[str | None, typer.Option("--as", metavar="USER", help="As this user of the policy sees it.")] = None,
    extract: Annotated[bool, typer.Option("--extract", help="With --as: of an extract made for it, even where a server runs.")] = False,
) -> int:
    """Ask the warehouse; nothing can be changed by it. Without --as, whoever owns the warehouse sees everything."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.query import query_screen
    from fondaco.job.look import known_at
    from fondaco.warehouse import query as ask

    call: Call = ctx.obj
    text = sys.stdin.read() if sql == "-" else sql
    if user is not None:
        if known is not None:
            raise UsageError("--as goes without --as-known-at", hint="the policy of today governs what is known today")
        from fondaco.governance import plan_of
        from fondaco.governance.ask import ask as ask_as

        settings = call.settings()
        found = ask_as(settings, plan_of(settings), user, text, extract=extract)
    else:
        found = ask(call.settings() if known is None else known_at(call.settings(), known.date()), text)
    rows = found.rows[:limit] if limit else found.rows
    data = {"columns": found.columns, "types": found.types, "rows": rows, "more": len(found.rows) - len(rows)}
    return emit("query", call.json, data, query_screen(found, rows))


@app.command()
def export(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="The user of the policy whom it is for.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PATH", help="The file, or the folder of --format parquet.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="duckdb (one file) or parquet (a file for each relation).")
    ] = "duckdb",
    relations: Annotated[
        list[str] | None, typer.Argument(metavar="[RELATION]...", help="As gold.orders; all that the user reads by default.")
    ] = None,
) -> int:
    """Write what a user may see into a file of its own. Copies cannot be revoked."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.policy import export_screen
    from fondaco.governance import plan_of
    from fondaco.governance.extract import export as write
    from fondaco.governance.key import key_of

    call: Call = ctx.obj
    settings = call.settings()
    if form not in ("duckdb", "parquet"):
        raise UsageError(f"there is no format {form!r}", hint="--format duckdb or --format parquet")
    target = (output or Path(f"{user}.duckdb" if form == "duckdb" else f"{user}_extract")).absolute()
    done = write(settings, plan_of(settings), user, key_of(settings), target, "duckdb" if form == "duckdb" else "parquet", relations or ())
    return emit("export", call.json, done, export_screen(done))


@app.command()
def serve(
    ctx: typer.Context,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the server running and return.")] = False,
    halt: Annotated[bool, typer.Option("--stop", help="Stop the server that was left running.")] = False,
    password: Annotated[str | None, typer.Option("--password", metavar="USER", help="Give this user a new password and print it.")] = None,
) -> int:
    """Serve the warehouse to people by SQL, each as the policy says: starts PostgreSQL, brings it up to date, and stays until Ctrl-C."""
    from fondaco.cli.serve import serve as do

    return do(ctx.obj, detach=detach, halt=halt, password=password)


@app.command()
def digest(
    ctx: typer.Context,
    send: Annotated[bool, typer.Option("--send", help="Send it to whom `alerts` of fondaco.yml names.")] = False,
) -> int:
    """The last 24 hours in a few lines: runs, rows, what failed, what is late, what readers do not see."""
    from fondaco.cli.alerts import digest as do

    return do(ctx.obj, send=send)


@app.command()
def dagster(
    ctx: typer.Context,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only make ready what Dagster reads: its home, and the graph of the models.")
    ] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="NAME", help="Address that the pages listen on; they have no log-in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="Their port.")] = 3000,
) -> int:
    """Run all of this by the clock: Dagster's pages and its daemon, until Ctrl-C. Needs the extra fondaco[dagster]."""
    from fondaco.cli.dagster import dagster as do

    return do(ctx.obj, prepare=prepare, host=host, port=port)


@app.command()
def report(
    ctx: typer.Context,
    user: Annotated[
        str | None, typer.Option("--as", metavar="USER", help="As this user of the policy sees it; the policy's first one unless said.")
    ] = None,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file; one that is there is replaced.")] = Path(
        "report.html"
    ),
    period: Annotated[
        str, typer.Option("--period", metavar="PERIOD", help="7d, 28d, 90d, 12m, week, month (the last whole ones), or SINCE..UNTIL.")
    ] = "28d",
    compare: Annotated[str, typer.Option("--compare", metavar="WITH", help="before, year or none.")] = "before",
    country: Annotated[str, typer.Option("--country", metavar="CODES", help="Only these, after commas.")] = "",
    channel: Annotated[str, typer.Option("--channel", metavar="NAMES", help="Only these, after commas.")] = "",
    digest: Annotated[
        str | None, typer.Option("--digest", metavar="SPAN", help="The short one of the last whole week or month: week or month.")
    ] = None,
) -> int:
    """Write the numbers as one file of HTML, for a browser, for print, for an attachment: no scripts, nothing fetched."""
    from fondaco.cli.report import report as do

    asked = {"period": period, "compare": compare, "country": country, "channel": channel}
    return do(ctx.obj, user, out, {name: value for name, value in asked.items() if value}, digest)


@app.command()
def dashboard(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="Address that it listens on; dashboard.host unless said.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="Its port; dashboard.port unless said.")] = None,
) -> int:
    """Show the numbers as a live app, to each as the policy says: starts the governed server where none runs, and stays until Ctrl-C."""
    from fondaco.cli.dashboard import dashboard as do

    return do(ctx.obj, host, port)


@app.command()
def forget(
    ctx: typer.Context,
    customers: Annotated[
        list[str] | None,
        typer.Option("--customer", metavar="ID|EMAIL", help="Whom: her id or her e-mail, as the shop has it; again for a further account."),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="With --customer: look only in what this source brought.")
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="What is kept longer than policy/retention.yml lets it be.")] = False,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", metavar="DAY", formats=["%Y-%m-%d"], help="With --expired: what is too old on this day; one to come needs --dry-run."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased; change nothing.")] = False,
) -> int:
    """Forget a person who asks for it, or what is too old of people who were not seen for long: erased wherever we keep it; figures stay. Needs -y."""
    from fondaco.cli.forget import expire
    from fondaco.cli.forget import forget as do

    if expired == bool(customers):
        raise UsageError("say what is to be forgotten", hint="either a person, --customer ID|EMAIL, or what is too old, --expired")
    if expired and source is not None:
        raise UsageError("--source goes with --customer", hint="a person is as old as her last sign of life in any source")
    if on is not None and not expired:
        raise UsageError("--on goes with --expired", hint="a person who asks is forgotten now")
    call: Call = ctx.obj
    if expired:
        return expire(call, on.date() if on else None, dry_run=dry_run)
    return do(call, customers or (), source, dry_run=dry_run)


@app.command()
def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder of the shop's warehouse.")] = Path(),
    system: Annotated[
        str | None, typer.Option("--system", metavar="NAME", help="What the database or the files hold: a file of systems/.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The simulated shop.")] = False,
    path: Annotated[str | None, typer.Option("--path", metavar="FOLDER", help="Folder of the drops, relative to DIR.")] = None,
) -> int:
    """Write a commented fondaco.yml for a system, or for the simulated shop."""
    from fondaco.cli.output import emit
    from fondaco.cli.scaffold import scaffold
    from fondaco.cli.screens.scaffold import scaffold_screen

    call: Call = ctx.obj
    if demo and (system or path):
        raise UsageError("--demo goes with neither --system nor --path", hint="the simulated shop needs no files")
    if path and not system:
        raise UsageError("--path needs --system", hint="name what the files hold, such as --system online_retail")
    written = scaffold(folder, None if demo else system, path, overwrite=call.yes)
    return emit("init", call.json, written, scaffold_screen(written))


@app.command()
def demo(
    ctx: typer.Context,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days to live.")] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", metavar="DAY", formats=["%Y-%m-%d"], help="Live to the end of this day.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Which simulated shop, if there are several.")] = None,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="FOLDER", help="Write the answer key there: what a warehouse of the shop must come to."),
    ] = None,
) -> int:
    """Let the simulated shop live on, or tell the truth about it."""
    from fondaco.cli.output import emit
    from fondaco.cli.progress import watching
    from fondaco.cli.screens.demo import demo_screen, truth_screen
    from fondaco.job.simulate import live_on, tell_truth

    call: Call = ctx.obj
    if truth is not None:
        if days is not None or until is not None:
            raise UsageError("--truth goes with neither --days nor --until", hint="live first, then ask for the truth")
        told = tell_truth(call.settings(), source, truth)
        return emit("demo", call.json, told, truth_screen(told))
    if (days is None) == (until is None):
        raise UsageError("say how long the shop shall live: either --days N or --until YYYY-MM-DD", hint="fondaco demo --days 1")
    settings = call.settings()
    with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
        watch.step("demo", "the simulated shop lives on")
        lived = live_on(settings, source, days, until.date() if until else None, watch.note)
    return emit("demo", call.json, lived, demo_screen(lived))


def _work(call: Call, command: str, *, alert: bool = False, **options: Any) -> int:
    from fondaco.cli.output import emit
    from fondaco.cli.progress import watching
    from fondaco.cli.screens.run import run_screen
    from fondaco.job import run as do

    settings = call.settings()
    try:
        with watching(quiet=call.verbosity < 0, verbose=call.verbosity > 0) as watch:
            report = do(settings, command, watch=watch, **options)
    except (FondacoError, OSError) as error:
        if alert:
            from fondaco.cli.alerts import tell_of

            tell_of(settings, command, error)
        raise
    if alert and report.exit_code:
        from fondaco.cli.alerts import tell_of

        tell_of(settings, command, report)
    return emit(command, call.json, report, run_screen(report, settings), exit_code=report.exit_code)


def _plan(call: Call, command: str, *, check: bool, tables: tuple[str, ...] = (), select: str | None = None) -> int:
    from fondaco.cli.output import emit
    from fondaco.cli.screens.plan import plan_screen
    from fondaco.job.plan import foresee

    found = foresee(call.settings(), tables=tables, select=select, models=command == "plan")
    return emit(command, call.json, found, plan_screen(found), exit_code=1 if check and found.changes else 0)
