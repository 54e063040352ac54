"""Whether what the policy says is what people meet: the policy fits the warehouse, and the server that they ask holds it."""

from dagster import AssetCheckExecutionContext, AssetCheckResult, AssetChecksDefinition, AssetSpec, asset_check

from fondaco.errors import DeclarationError, ServeError
from fondaco.orchestration.keys import OWNERS, of_policy, of_shown
from fondaco.settings import Settings

IN_FORCE = "policy_is_in_force"


def served(settings: Settings, marts: list[str]) -> AssetSpec:
    """Who may see what of the last build; while a server runs, every build brings it up to date."""
    return AssetSpec(
        of_policy(),
        deps=[of_shown(mart) for mart in marts],
        description="Who may see what: policy/ held against the marts and facts of the last build, and in force on the server that people ask where one runs (`fondaco serve`).",
        group_name="served",
        kinds={"postgres"},
        owners=OWNERS,
        skippable=True,
        metadata={"policy": str(settings.policy_dir)},
    )


def auditing(settings: Settings) -> AssetChecksDefinition:
    """The check that holds the policy against the warehouse, and against the server where one runs."""

    @asset_check(asset=of_policy(), name=IN_FORCE, description="The policy fits the warehouse, and nothing in force differs from it.")
    def policy_is_in_force(context: AssetCheckExecutionContext) -> AssetCheckResult:
        from fondaco.governance import plan_of
        from fondaco.governance.admin import is_served
        from fondaco.governance.serving import audit

        try:
            users = len(plan_of(settings).users)
            if not is_served(settings):
                return AssetCheckResult(passed=True, description=f"the policy fits the warehouse ({users} users); no server runs here")
            found = audit(settings)
        except (DeclarationError, ServeError) as error:
            return AssetCheckResult(passed=False, description=str(error))
        off = [*(f"not in force yet: {line}" for line in found.changes), *(f"changed by hand: {line}" for line in found.drift)]
        for line in off:
            context.log.warning(line)
        said = (
            f"in force for {users} users" if not off else f"{len(off)} things differ, such as {off[0]}; put right by: fondaco policy apply"
        )
        return AssetCheckResult(passed=not off, description=said)

    return policy_is_in_force
