"""The statements that fakesnow does not know or passes over without a word, as a closed list: what matches none goes on to be a query.

Each handler gets the account, the session and the match, checks the rights, changes the account, and gives back rows or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.snow.double.account import Account, Denied, External, Grant, Name, Policy, Session, User

Rows = list[dict[str, Any]]
Handler = Callable[[Account, Session, "re.Match[str]"], "Rows | None"]

_ID = r'(?:"[^"]+"|[A-Za-z_][\w$]*)'
_NAME = rf"{_ID}(?:\.{_ID}){{0,2}}"
_TEXT = r"'((?:[^'\\]|''|\\.)*)'"
STATEMENTS: list[tuple[re.Pattern[str], Handler]] = []


def statement(pattern: str) -> Callable[[Handler], Handler]:
    """Registers a handler. In a pattern a blank stands for any white space, ``<x>`` for a name and ``'x'`` for a text, as groups."""

    def registered(handler: Handler) -> Handler:
        named = re.sub(r"(?<!P)<(\w+)>", lambda found: rf"(?P<{found[1]}>{_NAME})", pattern)
        named = re.sub(r"'(\w+)'", lambda found: rf"'(?P<{found[1]}>(?:[^'\\]|''|\\.)*)'", named)
        STATEMENTS.append((re.compile(named.replace(" ", r"\s+") + r"\s*;?\s*$", re.IGNORECASE | re.DOTALL), handler))
        return handler

    return registered


def parts(name: str) -> Name:
    """A name as written, taken apart; what has no quotes is kept in capitals."""
    return tuple(part[1:-1] if part.startswith('"') else part.upper() for part in re.findall(_ID, name))


def full(session: Session, name: str, length: int = 3) -> Name:
    """The whole name: what is missing comes from the session."""
    found = parts(name)
    missing = length - len(found)
    before = tuple(part or "" for part in (session.database, session.schema)[: length - 1])
    return before[:missing] + found if missing else found


def need(condition: bool, what: str) -> None:
    if not condition:
        raise Denied(f"{what} does not exist or not authorized.")


def only(account: Account, session: Session, role: str, what: str) -> None:
    if role not in session.primary(account):
        raise Denied(f"Insufficient privileges to {what}: role {session.role} is not {role}.")


def texts(written: str) -> list[str]:
    return [found.replace("''", "'") for found in re.findall(_TEXT, written)]


def properties(written: str | None) -> dict[str, str]:
    """``A = b C = 'd'`` as values; later ones win."""
    return dict(_pairs(written or ""))


def _pairs(written: str) -> list[tuple[str, str]]:
    pattern = re.compile(r"(\w+)\s*=\s*(?:'((?:[^'\\]|''|\\.)*)'|(\([^()]*\))|([\w.\"@/]+))")
    return [(key.upper(), text or group or word.strip('"')) for key, text, group, word in pattern.findall(written)]


# --- sessions -------------------------------------------------------------------------------------------------------------------


@statement("USE ROLE <role>")
def use_role(account: Account, session: Session, said: re.Match[str]) -> None:
    (role,) = parts(said["role"])
    held = account.closure(account.users[session.user].roles)
    need(role in account.roles and role in held, f"Role '{role}'")
    session.role = role


@statement("USE SECONDARY ROLES (?P<which>ALL|NONE)")
def use_secondary(account: Account, session: Session, said: re.Match[str]) -> None:
    session.secondary = said["which"].upper() == "ALL"


@statement("USE WAREHOUSE <name>")
def use_warehouse(account: Account, session: Session, said: re.Match[str]) -> None:
    name = parts(said["name"])
    need(account.may(session.roles(account), "USAGE", "WAREHOUSE", name), f"Warehouse '{name[0]}'")
    session.warehouse = name[0]


@statement("ALTER SESSION SET QUERY_TAG = 'tag'")
def tag(account: Account, session: Session, said: re.Match[str]) -> None:
    session.tag = said["tag"]


@statement("ALTER SESSION UNSET QUERY_TAG")
def untag(account: Account, session: Session, said: re.Match[str]) -> None:
    session.tag = ""


@statement("SHOW PARAMETERS LIKE 'which' IN SESSION")
def show_parameters(account: Account, session: Session, said: re.Match[str]) -> Rows:
    need(said["which"].lower() == "query_tag", f"parameter {said['which']}")
    return [{"key": "QUERY_TAG", "value": session.tag, "default": "", "level": "SESSION", "description": "", "type": "STRING"}]


@statement(r"SELECT CURRENT_USER\(\), CURRENT_ACCOUNT\(\)")
def who(account: Account, session: Session, said: re.Match[str]) -> Rows:
    return [{"CURRENT_USER()": session.user, "CURRENT_ACCOUNT()": "DOUBLE"}]


# --- roles, users, grants -------------------------------------------------------------------------------------------------------


@statement("CREATE ROLE IF NOT EXISTS <role>(?: COMMENT = 'comment')?")
def create_role(account: Account, session: Session, said: re.Match[str]) -> None:
    only(account, session, "USERADMIN", "create a role")
    (role,) = parts(said["role"])
    if role not in account.roles:
        account.roles[role] = set()
        account.things["ROLE", (role,)] = {"COMMENT": said["comment"] or ""}
    account.owners.setdefault(("ROLE", (role,)), session.role)


@statement("ALTER ROLE <role> SET COMMENT = 'comment'")
def alter_role(account: Account, session: Session, said: re.Match[str]) -> None:
    (role,) = parts(said["role"])
    need(account.owners.get(("ROLE", (role,))) in session.primary(account), f"Role '{role}'")
    account.things["ROLE", (role,)] = {"COMMENT": said["comment"]}


@statement(r"CREATE USER IF NOT EXISTS <user>(?P<rest>( \w+ = ('[^']*'|\(\)|\w+))*)")
def create_user(account: Account, session: Session, said: re.Match[str]) -> None:
    only(account, session, "USERADMIN", "create a user")
    (user,) = parts(said["user"])
    if user not in account.users:
        account.users[user] = User()
        account.owners["USER", (user,)] = session.role
        _set_user(account.users[user], said["rest"])


@statement(r"ALTER USER <user> SET(?P<rest>( \w+ = ('[^']*'|\(\)|\w+))+)")
def alter_user(account: Account, session: Session, said: re.Match[str]) -> None:
    only(account, session, "USERADMIN", "alter a user")
    (user,) = parts(said["user"])
    need(user in account.users, f"User '{user}'")
    _set_user(account.users[user], said["rest"])


def _set_user(user: User, rest: str) -> None:
    pairs = properties(rest)
    unknown = set(pairs) - {"DEFAULT_ROLE", "DEFAULT_SECONDARY_ROLES", "TYPE", "COMMENT"}
    need(not unknown, f"property {unknown}")
    user.default_role = pairs.get("DEFAULT_ROLE", user.default_role)
    user.kind = pairs.get("TYPE", user.kind)
    if "DEFAULT_SECONDARY_ROLES" in pairs:
        user.takes_all_roles = pairs["DEFAULT_SECONDARY_ROLES"] != "()"


@statement("GRANT ROLE <role> TO (?P<kind>ROLE|USER) <whom>")
def grant_role(account: Account, session: Session, said: re.Match[str]) -> None:
    (role,), (whom,) = parts(said["role"]), parts(said["whom"])
    need(role in account.roles, f"Role '{role}'")
    is_owner = account.owners.get(("ROLE", (role,))) in session.primary(account)
    if not is_owner:
        only(account, session, "SECURITYADMIN", "grant a role")
    if said["kind"].upper() == "USER":
        need(whom in account.users, f"User '{whom}'")
        account.users[whom].roles.add(role)
    else:
        need(whom in account.roles, f"Role '{whom}'")
        account.roles[whom].add(role)


@statement("REVOKE ROLE <role> FROM USER <whom>")
def revoke_role(account: Account, session: Session, said: re.Match[str]) -> None:
    (role,), (whom,) = parts(said["role"]), parts(said["whom"])
    if account.owners.get(("ROLE", (role,))) not in session.primary(account):
        only(account, session, "SECURITYADMIN", "revoke a role")
    need(whom in account.users, f"User '{whom}'")
    account.users[whom].roles.discard(role)


_KINDS = "DATABASE|SCHEMA|WAREHOUSE|INTEGRATION|TABLE|VIEW|EXTERNAL TABLE|STAGE|FILE FORMAT|MASKING POLICY|ROW ACCESS POLICY"
_PRIVILEGES = r"[A-Z]+(?: [A-Z]+)*(?:, ?[A-Z]+(?: [A-Z]+)*)*"


@statement(rf"GRANT (?P<privileges>{_PRIVILEGES}) ON (?P<kind>{_KINDS}) <name> TO ROLE <role>")
def grant(account: Account, session: Session, said: re.Match[str]) -> None:
    for one in _grants(account, session, said):
        account.grants.add(one)


@statement(rf"REVOKE (?P<privileges>{_PRIVILEGES}) ON (?P<kind>{_KINDS}) <name> FROM ROLE <role>")
def revoke(account: Account, session: Session, said: re.Match[str]) -> None:
    for one in _grants(account, session, said):
        account.grants.discard(one)


def _grants(account: Account, session: Session, said: re.Match[str]) -> list[Grant]:
    kind = re.sub(r"\s+", " ", said["kind"].upper())
    name = full(session, said["name"], {"DATABASE": 1, "WAREHOUSE": 1, "INTEGRATION": 1, "SCHEMA": 2}.get(kind, 3))
    (role,) = parts(said["role"])
    need(role in account.roles, f"Role '{role}'")
    need((kind, name) in account.owners, f"{kind.capitalize()} '{'.'.join(name)}'")
    is_security = "SECURITYADMIN" in session.primary(account)
    # in a schema with managed access the owner of a thing hands out nothing: the schema's owner does
    giver = ("SCHEMA", name[:2]) if name[:2] in account.managed and len(name) == 3 else (kind, name)
    if not is_security and account.owners[giver] not in session.primary(account):
        raise Denied(f"Insufficient privileges to grant on {kind.lower()} '{'.'.join(name)}'.")
    return [Grant(re.sub(r"\s+", " ", one.strip().upper()), kind, name, role) for one in said["privileges"].split(",")]


@statement("SHOW GRANTS TO ROLE <role>")
def show_grants_to_role(account: Account, session: Session, said: re.Match[str]) -> Rows:
    (role,) = parts(said["role"])
    need(role in account.roles, f"Role '{role}'")
    found = [
        {
            "privilege": one.privilege,
            "granted_on": one.kind.replace(" ", "_"),
            "name": _shown(one.name),
            "granted_to": "ROLE",
            "grantee_name": role,
        }
        for one in account.granted_to(role)
    ]
    owned = [
        {"privilege": "OWNERSHIP", "granted_on": kind.replace(" ", "_"), "name": _shown(name), "granted_to": "ROLE", "grantee_name": role}
        for (kind, name), owner in sorted(account.owners.items())
        if owner == role
    ]
    held = [
        {"privilege": "USAGE", "granted_on": "ROLE", "name": other, "granted_to": "ROLE", "grantee_name": role}
        for other in sorted(account.roles[role])
    ]
    return found + owned + held


def _shown(name: Name) -> str:
    return ".".join(part if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", part) else f'"{part}"' for part in name)


@statement("SHOW GRANTS TO USER <user>")
def show_grants_to_user(account: Account, session: Session, said: re.Match[str]) -> Rows:
    (user,) = parts(said["user"])
    need(user in account.users, f"User '{user}'")
    return [{"role": role, "granted_to": "USER", "grantee_name": user} for role in sorted(account.users[user].roles)]


@statement("SHOW ROLES")
def show_roles(account: Account, session: Session, said: re.Match[str]) -> Rows:
    return [
        {
            "name": role,
            "owner": account.owners.get(("ROLE", (role,)), ""),
            "comment": account.things.get(("ROLE", (role,)), {}).get("COMMENT", ""),
        }
        for role in sorted(account.roles)
    ]


@statement("SHOW USERS")
def show_users(account: Account, session: Session, said: re.Match[str]) -> Rows:
    only(account, session, "SECURITYADMIN", "show users")
    return [
        {
            "name": name,
            "default_role": user.default_role,
            "default_secondary_roles": '["ALL"]' if user.takes_all_roles else "[]",
            "type": user.kind,
        }
        for name, user in sorted(account.users.items())
    ]


# --- databases, schemas, warehouses, monitors, integrations, stages ---------------------------------------------------------------


@statement(r"CREATE DATABASE IF NOT EXISTS <name>(?P<rest>( \w+ = \w+)*)")
def create_database(account: Account, session: Session, said: re.Match[str]) -> None:
    only(account, session, "SYSADMIN", "create a database")
    _make(account, session, "DATABASE", full(session, said["name"], 1), said["rest"])


@statement("CREATE SCHEMA IF NOT EXISTS <name>(?P<managed> WITH MANAGED ACCESS)?")
def create_schema(account: Account, session: Session, said: re.Match[str]) -> None:
    name = full(session, said["name"], 2)
    if ("SCHEMA", name) in account.owners:
        return
    need(("DATABASE", name[:1]) in account.owners, f"Database '{name[0]}'")
    if not account.may(session.primary(account), "CREATE SCHEMA", "DATABASE", name[:1]):
        raise Denied(f"Insufficient privileges to operate on database '{name[0]}'.")
    _make(account, session, "SCHEMA", name, None)
    if said["managed"]:
        account.managed.add(name)


@statement("ALTER SCHEMA <name> ENABLE MANAGED ACCESS")
def manage_schema(account: Account, session: Session, said: re.Match[str]) -> None:
    name = full(session, said["name"], 2)
    need(account.may(session.primary(account), "OWNERSHIP", "SCHEMA", name), f"Schema '{name[1]}'")
    account.managed.add(name)


@statement(r"CREATE (?P<kind>WAREHOUSE|RESOURCE MONITOR|STORAGE INTEGRATION) IF NOT EXISTS <name>(?P<rest>.*)")
def create_thing(account: Account, session: Session, said: re.Match[str]) -> None:
    kind = {"STORAGE INTEGRATION": "INTEGRATION"}.get(_kind(said), _kind(said))
    only(account, session, "SYSADMIN" if kind == "WAREHOUSE" else "ACCOUNTADMIN", f"create a {kind.lower()}")
    known = {
        "WAREHOUSE": {
            "WAREHOUSE_SIZE", "AUTO_SUSPEND", "AUTO_RESUME", "INITIALLY_SUSPENDED", "STATEMENT_TIMEOUT_IN_SECONDS", "COMMENT",
        },
        "RESOURCE MONITOR": {"CREDIT_QUOTA", "FREQUENCY", "START_TIMESTAMP"},
        "INTEGRATION": {"TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_AWS_ROLE_ARN", "STORAGE_ALLOWED_LOCATIONS"},
    }[kind]  # fmt: skip
    unknown = set(properties(said["rest"])) - known
    need(not unknown, f"{kind} property {unknown}")
    _make(account, session, kind, parts(said["name"]), said["rest"])


@statement(r"ALTER (?P<kind>WAREHOUSE|RESOURCE MONITOR|STORAGE INTEGRATION|DATABASE) <name> SET(?P<rest> .*)")
def alter_thing(account: Account, session: Session, said: re.Match[str]) -> None:
    kind = {"STORAGE INTEGRATION": "INTEGRATION"}.get(_kind(said), _kind(said))
    name = parts(said["name"])
    need(("RESOURCE_MONITOR" not in said["rest"].upper()) or "ACCOUNTADMIN" in session.primary(account), "the right to monitor")
    need(
        account.may(session.primary(account), "OWNERSHIP", kind, name) or "ACCOUNTADMIN" in session.primary(account), f"{kind} '{name[0]}'"
    )
    account.things[kind, name] |= properties(said["rest"])


@statement(r"SHOW (?P<kind>DATABASES|WAREHOUSES|RESOURCE MONITORS|INTEGRATIONS)")
def show_things(account: Account, session: Session, said: re.Match[str]) -> Rows:
    kind = _kind(said)[:-1]
    columns = {
        "DATABASE": {"retention_time": "DATA_RETENTION_TIME_IN_DAYS"},
        "WAREHOUSE": {"size": "WAREHOUSE_SIZE", "auto_suspend": "AUTO_SUSPEND", "resource_monitor": "RESOURCE_MONITOR"},
        "RESOURCE MONITOR": {"credit_quota": "CREDIT_QUOTA"},
        "INTEGRATION": {"enabled": "ENABLED"},
    }[kind]
    roles = session.roles(account)
    return [
        {"name": name[0], **{shown: _size(value.get(key, "null")) for shown, key in columns.items()}}
        for (one, name), value in sorted(account.things.items())
        if one == kind and (account.may(roles, "USAGE", kind, name) or "ACCOUNTADMIN" in roles)
    ]


def _size(written: str) -> str:
    return {"XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large", "XLARGE": "X-Large"}.get(written.upper(), written)


@statement("SHOW PARAMETERS LIKE 'which' IN WAREHOUSE <name>")
def show_warehouse_parameters(account: Account, session: Session, said: re.Match[str]) -> Rows:
    thing = account.things.get(("WAREHOUSE", parts(said["name"])), {})
    return [{"key": said["which"].upper(), "value": thing.get(said["which"].upper(), "172800")}]


@statement(r"DESC(RIBE)? (STORAGE )?INTEGRATION <name>")
def describe_integration(account: Account, session: Session, said: re.Match[str]) -> Rows:
    name = parts(said["name"])
    need(("INTEGRATION", name) in account.things, f"Integration '{name[0]}'")
    thing = account.things["INTEGRATION", name]
    return [
        {"property": "ENABLED", "property_value": thing["ENABLED"].lower()},
        {"property": "STORAGE_AWS_ROLE_ARN", "property_value": thing["STORAGE_AWS_ROLE_ARN"]},
        {"property": "STORAGE_ALLOWED_LOCATIONS", "property_value": ",".join(texts(thing["STORAGE_ALLOWED_LOCATIONS"]))},
        {"property": "STORAGE_AWS_IAM_USER_ARN", "property_value": "arn:aws:iam::222222222222:user/abc1-b-self1234"},
        {"property": "STORAGE_AWS_EXTERNAL_ID", "property_value": "ACME_SFCRole=2_x="},
    ]


@statement("SHOW SCHEMAS IN DATABASE <name>")
def show_schemas(account: Account, session: Session, said: re.Match[str]) -> Rows:
    (database,) = parts(said["name"])
    need(account.may(session.roles(account), "USAGE", "DATABASE", (database,)), f"Database '{database}'")
    return [
        {"name": name[1], "options": "MANAGED ACCESS" if name in account.managed else "", "owner": owner}
        for (kind, name), owner in sorted(account.owners.items())
        if kind == "SCHEMA" and name[0] == database
    ]


@statement("CREATE FILE FORMAT IF NOT EXISTS <name>(?P<rest>( \\w+ = \\w+)*)")
def create_format(account: Account, session: Session, said: re.Match[str]) -> None:
    name = full(session, said["name"])
    may_create(account, session, "FILE FORMAT", name)
    _make(account, session, "FILE FORMAT", name, said["rest"])


@statement(r"CREATE STAGE IF NOT EXISTS <name> URL = 'url' STORAGE_INTEGRATION = <integration> FILE_FORMAT = \(FORMAT_NAME = 'format'\)")
def create_stage(account: Account, session: Session, said: re.Match[str]) -> None:
    name, integration = full(session, said["name"]), parts(said["integration"])
    may_create(account, session, "STAGE", name)
    _admits(account, session, integration, said["url"])
    need(("FILE FORMAT", full(session, said["format"])) in account.owners, f"File format '{said['format']}'")
    need(said["url"].endswith("/"), "a stage's URL that ends with a slash")
    _make(account, session, "STAGE", name, None)
    account.things["STAGE", name] = {"URL": said["url"], "STORAGE_INTEGRATION": integration[0]}


@statement(r"ALTER STAGE <name> SET URL = 'url' STORAGE_INTEGRATION = <integration>")
def alter_stage(account: Account, session: Session, said: re.Match[str]) -> None:
    name, integration = full(session, said["name"]), parts(said["integration"])
    need(account.may(session.primary(account), "OWNERSHIP", "STAGE", name), f"Stage '{name[-1]}'")
    _admits(account, session, integration, said["url"])
    account.things["STAGE", name] |= {"URL": said["url"], "STORAGE_INTEGRATION": integration[0]}


@statement(r"LIST @(?P<stage>[\w.\"]+)/(?P<path>[\w/.-]+)")
def list_stage(account: Account, session: Session, said: re.Match[str]) -> Rows:
    name = full(session, said["stage"])
    need(account.may(session.roles(account), "USAGE", "STAGE", name), f"Stage '{name[-1]}'")
    if not account.is_trusted:
        raise Denied(
            "Failure using stage area. Cause: [Access Denied (Status Code: 403; Error Code: AccessDenied)] Error assuming AWS_ROLE"
        )
    return []


def _admits(account: Account, session: Session, integration: Name, url: str) -> None:
    need(account.may(session.primary(account), "USAGE", "INTEGRATION", integration), f"Integration '{integration[0]}'")
    allowed = texts(account.things["INTEGRATION", integration]["STORAGE_ALLOWED_LOCATIONS"])
    if not any(url.startswith(place) for place in allowed):
        raise Denied(f"Location '{url}' is not allowed by integration {integration[0]}. Allowed locations: {allowed}")


@statement(r"SHOW (?P<kind>STAGES|FILE FORMATS|MASKING POLICIES|ROW ACCESS POLICIES|EXTERNAL TABLES) IN SCHEMA <name>")
def show_in_schema(account: Account, session: Session, said: re.Match[str]) -> Rows:
    kind = {"MASKING POLICIES": "MASKING POLICY", "ROW ACCESS POLICIES": "ROW ACCESS POLICY"}.get(_kind(said), _kind(said)[:-1])
    schema = full(session, said["name"], 2)
    need(account.may(session.roles(account), "USAGE", "SCHEMA", schema), f"Schema '{schema[1]}'")
    return [
        {
            "name": name[2],
            "owner": owner,
            "url": account.things.get((kind, name), {}).get("URL", ""),
            "storage_integration": account.things.get((kind, name), {}).get("STORAGE_INTEGRATION", ""),
        }
        for (one, name), owner in sorted(account.owners.items())
        if one == kind and name[:2] == schema
    ]


def may_create(account: Account, session: Session, kind: str, name: Name) -> None:
    """Raises Denied if the primary role may make no such thing in the schema, or may not take the place of the one that is there."""
    need(account.may(session.primary(account), "USAGE", "SCHEMA", name[:2]), f"Schema '{'.'.join(name[:2])}'")
    if not account.may(session.primary(account), f"CREATE {kind}", "SCHEMA", name[:2]):
        raise Denied(f"Insufficient privileges to operate on schema '{name[1]}': role {session.role} lacks CREATE {kind}.")
    owner = account.owners.get((kind, name))
    if owner is not None and owner not in session.primary(account):
        raise Denied(f"Insufficient privileges to operate on {kind.lower()} '{name[2]}'.")


def _kind(said: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", said["kind"].upper())


def _make(account: Account, session: Session, kind: str, name: Name, rest: str | None) -> None:
    if (kind, name) not in account.owners:
        account.owners[kind, name] = session.role
        account.things[kind, name] = properties(rest)


# --- policies -------------------------------------------------------------------------------------------------------------------


@statement(
    r"CREATE (?P<kind>MASKING POLICY|ROW ACCESS POLICY) IF NOT EXISTS <name> AS \((?P<arguments>[^)]*(?:\(\d+(?:, ?\d+)?\))?[^)]*)\) RETURNS (?P<returns>\w+(?:\([\d, ]+\))?) -> (?P<body>.*)"
)
def create_policy(account: Account, session: Session, said: re.Match[str]) -> None:
    name, kind = full(session, said["name"]), _kind(said)
    may_create(account, session, kind, name)
    if name in account.policies:
        return
    written = (one.strip().partition(" ") for one in re.split(r",(?![^(]*\))", said["arguments"]))
    arguments = tuple((argument, kind) for argument, _, kind in written)
    if kind == "MASKING POLICY":
        need(arguments[0][1].replace(" ", "").upper() == said["returns"].replace(" ", "").upper(), "a mask that gives back what it takes")
    else:
        need(said["returns"].upper() == "BOOLEAN", "a row access policy that returns a boolean")
    account.policies[name] = Policy(kind, arguments, said["body"].rstrip("; \n"))
    _make(account, session, kind, name, None)


@statement(r"ALTER (?P<kind>MASKING POLICY|ROW ACCESS POLICY) <name> SET BODY -> (?P<body>.*)")
def set_body(account: Account, session: Session, said: re.Match[str]) -> None:
    name = full(session, said["name"])
    need(account.may(session.primary(account), "OWNERSHIP", _kind(said), name), f"Policy '{name[-1]}'")
    old = account.policies[name]
    account.policies[name] = Policy(old.kind, old.arguments, said["body"].rstrip("; \n"))


@statement(r"DESC(RIBE)? (?P<kind>MASKING POLICY|ROW ACCESS POLICY) <name>")
def describe_policy(account: Account, session: Session, said: re.Match[str]) -> Rows:
    name = full(session, said["name"])
    need(name in account.policies, f"Policy '{name[-1]}'")
    policy = account.policies[name]
    signature = ", ".join(f"{argument} {kind}" for argument, kind in policy.arguments)
    return [{"name": name[-1], "signature": f"({signature})", "return_type": "", "body": policy.body}]


@statement(
    r"SELECT (?P<columns>[\w, ]+) FROM TABLE\((?P<database>\w+|\"\w+\")\.INFORMATION_SCHEMA\.POLICY_REFERENCES\(REF_ENTITY_NAME => 'entity', REF_ENTITY_DOMAIN => 'domain'\)\)"
)
def policy_references(account: Account, session: Session, said: re.Match[str]) -> Rows:
    name = full(session, said["entity"])
    found: Rows = [
        {"POLICY_NAME": policy[-1], "POLICY_KIND": "MASKING_POLICY", "REF_COLUMN_NAME": column, "POLICY_STATUS": "ACTIVE"}
        for column, policy in sorted(account.masks.get(name, {}).items())
    ]
    if name in account.rows:
        policy, _ = account.rows[name]
        found.append({"POLICY_NAME": policy[-1], "POLICY_KIND": "ROW_ACCESS_POLICY", "REF_COLUMN_NAME": None, "POLICY_STATUS": "ACTIVE"})
    wanted = [column.strip().upper() for column in said["columns"].split(",")]
    return [{column: row[column] for column in wanted} for row in found]


# --- external tables ------------------------------------------------------------------------------------------------------------

_COLUMN = re.compile(rf"({_ID})\s+(\w+(?:\([\d, ]+\))?)\s+AS\s+\((.+?)\)(?=,\s*\"|,\s*[A-Z_]+ |\s*$)", re.DOTALL | re.IGNORECASE)


@statement(
    r"CREATE EXTERNAL TABLE IF NOT EXISTS <name> \((?P<columns>.*)\) PARTITION BY \((?P<partition>[^)]*)\) LOCATION = @(?P<stage>[\w.\"]+)/(?P<path>[\w/.-]+) "
    r"AUTO_REFRESH = FALSE REFRESH_ON_CREATE = FALSE PATTERN = 'pattern' FILE_FORMAT = \(FORMAT_NAME = 'format'\)"
)
def create_external(account: Account, session: Session, said: re.Match[str]) -> None:
    name, stage = full(session, said["name"]), full(session, said["stage"])
    may_create(account, session, "EXTERNAL TABLE", name)
    need(account.may(session.primary(account), "USAGE", "STAGE", stage), f"Stage '{stage[-1]}'")
    if name in account.externals:
        return
    columns = [(parts(column)[0], kind, made) for column, kind, made in _COLUMN.findall(said["columns"])]
    need(len(columns) == len(re.findall(r"\sAS\s+\(", said["columns"], re.IGNORECASE)), "columns that can be read")
    partition = tuple(parts(one.strip())[0] for one in said["partition"].split(","))
    need(set(partition) <= {column for column, _, _ in columns}, "the partition's column")
    account.externals[name] = External(account.things["STAGE", stage]["URL"] + said["path"], columns, partition)
    _make(account, session, "EXTERNAL TABLE", name, None)


@statement(r"ALTER EXTERNAL TABLE <name> (?P<verb>ADD|REMOVE) FILES \((?P<files>.*)\)")
def change_files(account: Account, session: Session, said: re.Match[str]) -> None:
    external = _owned_external(account, session, said)
    files = texts(said["files"])
    if said["verb"].upper() == "ADD":
        external.files += [file for file in files if file not in external.files]
    else:
        external.files = [file for file in external.files if file not in files]


@statement(r"ALTER TABLE <name> ADD COLUMN (?P<column>\"[^\"]+\") (?P<type>\w+(?:\([\d, ]+\))?) AS \((?P<made>.*)\)")
def add_column(account: Account, session: Session, said: re.Match[str]) -> None:
    _owned_external(account, session, said).columns.append((parts(said["column"])[0], said["type"], said["made"]))


@statement("DESC(RIBE)? EXTERNAL TABLE <name>")
def describe_external(account: Account, session: Session, said: re.Match[str]) -> Rows:
    external = _owned_external(account, session, said)
    value = [{"name": "VALUE", "type": "VARIANT", "kind": "COLUMN", "expression": None}]
    return value + [{"name": column, "type": kind, "kind": "VIRTUAL", "expression": made} for column, kind, made in external.columns]


@statement(r"SELECT FILE_NAME FROM TABLE\((?P<database>\w+|\"\w+\")\.INFORMATION_SCHEMA\.EXTERNAL_TABLE_FILES\(TABLE_NAME => 'name'\)\)")
def external_files(account: Account, session: Session, said: re.Match[str]) -> Rows:
    external = _owned_external(account, session, said)
    bucket = external.location.split("/", 3)[3]
    return [{"FILE_NAME": bucket + file} for file in external.files]


def _owned_external(account: Account, session: Session, said: re.Match[str]) -> External:
    name = full(session, said["name"])
    need(
        name in account.externals and account.may(session.primary(account), "OWNERSHIP", "EXTERNAL TABLE", name),
        f"External table '{'.'.join(name)}'",
    )
    return account.externals[name]


# --- what people read -------------------------------------------------------------------------------------------------------------


@statement("GRANT OWNERSHIP ON VIEW <name> TO ROLE <role> COPY CURRENT GRANTS")
def give_view(account: Account, session: Session, said: re.Match[str]) -> None:
    name, (role,) = full(session, said["name"]), parts(said["role"])
    need(role in account.roles and ("VIEW", name) in account.owners, f"View '{'.'.join(name)}'")
    if account.owners["VIEW", name] not in session.primary(account):
        raise Denied(f"Insufficient privileges to operate on view '{name[-1]}'.")
    account.owners["VIEW", name] = role


@statement("SHOW (?P<kind>TABLES|VIEWS) IN SCHEMA <name>")
def show_relations(account: Account, session: Session, said: re.Match[str]) -> Rows:
    schema, kind = full(session, said["name"], 2), _kind(said)[:-1]
    roles = session.roles(account)
    need(account.may(roles, "USAGE", "SCHEMA", schema), f"Schema '{schema[1]}'")
    # the owner of a schema with managed access sees what is in it
    sees_all = account.owners[("SCHEMA", schema)] in roles
    return [
        {"name": name[2], "owner": owner}
        for (one, name), owner in sorted(account.owners.items())
        if one == kind and name[:2] == schema and (sees_all or account.may(roles, "SELECT", kind, name))
    ]


@statement("SHOW GRANTS OF ROLE <role>")
def show_grants_of_role(account: Account, session: Session, said: re.Match[str]) -> Rows:
    (role,) = parts(said["role"])
    need(role in account.roles, f"Role '{role}'")
    users = [
        {"role": role, "granted_to": "USER", "grantee_name": user} for user, known in sorted(account.users.items()) if role in known.roles
    ]
    return users + [
        {"role": role, "granted_to": "ROLE", "grantee_name": other} for other, held in sorted(account.roles.items()) if role in held
    ]
