"""The commands of the policy: who may see what, as it is written and as it is in force."""

from __future__ import annotations

from typing import Annotated

import typer

from fondaco.cli.call import Call

policy_app = typer.Typer(help="Who may see what.", no_args_is_help=True)


@policy_app.command("matrix")
def policy_matrix(
    ctx: typer.Context,
    role: Annotated[str | None, typer.Option("--role", metavar="NAME", help="Only this role.")] = None,
) -> int:
    """Role by relation: which rows, and which columns are shown how."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.policy import matrix_screen
    from fondaco.errors import UsageError, did_you_mean
    from fondaco.governance import accesses, plan_of

    call: Call = ctx.obj
    plan = plan_of(call.settings())
    roles = [name for name, _ in plan.roles]
    if role is not None and role.upper() not in roles:
        raise UsageError(f"there is no role {role!r}{did_you_mean(role.upper(), roles)}", hint=f"roles: {', '.join(roles)}")
    found = tuple(access for access in accesses(plan) if role is None or access.role == role.upper())
    return emit(
        "policy matrix", call.json, {"access": found, "users": plan.users, "entitlements": plan.entitlements}, matrix_screen(found, plan)
    )


@policy_app.command("plan")
def policy_plan(
    ctx: typer.Context,
    sql: Annotated[str | None, typer.Option("--sql", metavar="ENGINE", help="Print the statements for postgres or snowflake.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if `policy apply` would change something.")] = False,
) -> int:
    """What putting the policy in force would change; without a server, the whole plan. Changes nothing."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.policy import foreseen_screen, lines_screen, steps_screen
    from fondaco.errors import UsageError
    from fondaco.governance import alarms, lines, plan_of
    from fondaco.governance.admin import is_served
    from fondaco.governance.serving import foresee, statements
    from fondaco.governance.site import foresee as foresee_account
    from fondaco.governance.site import written

    call: Call = ctx.obj
    settings = call.settings()
    if sql is not None:
        if sql not in ("postgres", "snowflake"):
            raise UsageError(f"there are no statements for {sql!r}", hint="--sql postgres or --sql snowflake")
        script = [f"{one};" for one in statements(settings)] if sql == "postgres" else list(written(settings))
        return emit("policy plan", call.json, script, lines_screen(script))
    if settings.warehouse.type == "snowflake":
        steps = foresee_account(settings)
        return emit("policy plan", call.json, steps, steps_screen(steps), exit_code=1 if check and steps.steps else 0)
    if not is_served(settings):
        plan = plan_of(settings)
        told = {"lines": lines(plan), "alarms": alarms(plan)}
        return emit("policy plan", call.json, told, lines_screen(lines(plan), alarms(plan)), exit_code=1 if check else 0)
    found = foresee(settings)
    return emit("policy plan", call.json, found, foreseen_screen(found), exit_code=1 if check and (found.changes or found.drift) else 0)


@policy_app.command("apply")
def policy_apply(ctx: typer.Context) -> int:
    """Put the policy in force on the server that people ask, or on Snowflake all that a build needs; takes effect at once, in running sessions too."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.policy import enforced_screen, steps_screen
    from fondaco.errors import UsageError
    from fondaco.governance.serving import foresee, refresh
    from fondaco.governance.site import Foreseen as Steps
    from fondaco.governance.site import foresee as foresee_account
    from fondaco.governance.site import put_in_force

    call: Call = ctx.obj
    settings = call.settings()
    found = foresee_account(settings) if settings.warehouse.type == "snowflake" else foresee(settings)
    if found.alarms and not call.yes:
        raise UsageError(
            f"this policy is not put in force: {'; '.join(found.alarms)}", where=str(settings.policy_dir), hint="if that is meant: --yes"
        )
    if isinstance(found, Steps):
        taken = put_in_force(settings)
        return emit("policy apply", call.json, taken, steps_screen(taken, is_done=True))
    done = refresh(settings, data=False)
    return emit(
        "policy apply", call.json, {"changes": found.changes, "enforced": done.enforced.told}, enforced_screen(found, done.enforced)
    )


@policy_app.command("audit")
def policy_audit(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Only what was asked from this time on, UTC, as 2026-11-25 09:00.")
    ] = "",
) -> int:
    """What is in force against what is written, and who asked what; exits with 1 if something was changed by hand."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.policy import audit_screen
    from fondaco.governance.serving import audit

    call: Call = ctx.obj
    found = audit(call.settings(), since)
    return emit("policy audit", call.json, found, audit_screen(found), exit_code=1 if found.drift or found.changes else 0)
