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
