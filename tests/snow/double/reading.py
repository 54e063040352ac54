"""Queries: who may read and write what, and what she sees of it.

A table with policies is read as the rows that its row policy lets through, with its masked columns in place of the true ones, as Snowflake says
that it does. A view is read with its owner's rights and the caller's roles. Where every policy comes out as "clear" for the session, the
query stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from tests.snow.double.account import Account, Denied, Name, Policy, Session
from tests.snow.double.governing import full, may_create, need, parts

_ID = r'(?:"[^"]+"|[A-Za-z_][\w$]*)'
_NAME = rf"{_ID}(?:\.{_ID}){{0,2}}"
_MASKED = re.compile(rf"({_ID})(\s+[\w]+(?:\([\d, ]+\))?(?:\s+not\s+null)?)\s+with\s+masking\s+policy\s+({_NAME})", re.IGNORECASE)
_ROWS = re.compile(rf"with\s+row\s+access\s+policy\s+({_NAME})\s+on\s+\(([^)]*)\)", re.IGNORECASE)
_KEPT = re.compile(r"\bcopy\s+(?:grants|tags)\b", re.IGNORECASE)
_CREATE = re.compile(
    rf"\s*create\s+(?P<replace>or\s+replace\s+)?(?P<secure>secure\s+)?(?P<life>temporary\s+|transient\s+)?(?P<kind>table|view)"
    rf"\s+(?P<unless>if\s+not\s+exists\s+)?(?P<name>{_NAME})",
    re.IGNORECASE,
)
#: What a query may be besides a SELECT; all else that is left over is refused.
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_ADMINISTRATION = (exp.Transaction, exp.Commit, exp.Rollback, exp.Use, exp.Show)


@dataclass(frozen=True)
class Admitted:
    """A statement that may run, as fakesnow is to run it, and what is to be noted once it has."""

    sql: str
    created: tuple[str, Name, bool, bool] | None = None
    masks: tuple[tuple[str, Name], ...] = ()
    rows: tuple[Name, tuple[str, ...]] | None = None
    view: str | None = None
    dropped: tuple[str, Name] | None = None
    cloned: Name | None = None
    first: str | None = None


def admit(account: Account, session: Session, sql: str) -> Admitted:
    """The statement as it may run for this session.

    Raises:
        Denied: a right is missing, or nobody knows such a statement.
    """
    created = _CREATE.match(sql)
    head, body = sql, ""
    masks: list[tuple[str, Name]] = []
    rows: tuple[Name, tuple[str, ...]] | None = None
    if created:
        cut = _body(sql, created.end())
        head, body = sql[:cut], sql[cut:]
        if body[:5].lower() == "clone":
            body = _KEPT.sub("", body)
        masks = [(parts(column)[0], full(session, policy)) for column, _, policy in _MASKED.findall(head)]
        if (found := _ROWS.search(head)) is not None:
            rows = (full(session, found[1]), tuple(parts(column)[0] for column in found[2].split(",")))
        for policy in (*(policy for _, policy in masks), *((rows[0],) if rows else ())):
            _may_apply(account, session, policy)
        head = _KEPT.sub("", _ROWS.sub("", _MASKED.sub(r"\1\2", head)))
        if re.search(r"\bpolicy\b", head, re.IGNORECASE):
            raise Denied(f"nobody knows how to read: {head[:300]}")
        head = re.sub(r"\b(temporary|transient|secure)\s+", "", head, count=1, flags=re.IGNORECASE)
    tree = sqlglot.parse_one(head + body, read="snowflake")
    if isinstance(tree, exp.Command):
        raise Denied(f"nobody knows this statement here: {sql[:200]}")
    if created:
        return _creation(account, session, sql, head + body, tree, created, tuple(masks), rows)
    if isinstance(tree, _QUERIES):
        seen = _read(account, session, tree)
        return Admitted(sql if seen is tree else seen.sql(dialect="snowflake"))
    if isinstance(tree, (exp.Insert, exp.Delete, exp.Update, exp.Merge)):
        return _change(account, session, sql, tree)
    if isinstance(tree, (exp.Drop, exp.Alter, exp.TruncateTable)):
        return _ownership(account, session, sql, tree)
    if isinstance(tree, exp.Describe):
        _may_read(account, session, _table(session, tree.find(exp.Table)))
        return Admitted(sql)
    if isinstance(tree, _ADMINISTRATION):
        return Admitted(sql)
    raise Denied(f"nobody knows this statement here: {sql[:200]}")


def note(account: Account, session: Session, done: Admitted) -> None:
    """What a statement that has run changed of the account."""
    if done.dropped:
        account.forget(*done.dropped)
    if done.created is None:
        return
    kind, name, replaced, keeps_grants = done.created
    if replaced:
        if not keeps_grants:
            account.grants = {grant for grant in account.grants if (grant.kind, grant.name) != (kind, name)}
        account.unprotect(name)
    account.owners[kind, name] = session.role
    if done.cloned:
        account.masks[name] = dict(account.masks.get(done.cloned, {}))
        if done.cloned in account.rows:
            account.rows[name] = account.rows[done.cloned]
    if done.masks:
        account.masks[name] = dict(done.masks)
    if done.rows:
        account.rows[name] = done.rows
    if done.view is not None:
        account.views[name] = done.view


def _body(sql: str, start: int) -> int:
    """Where `as (select …)` begins: what stands before it is the head, with the columns and the policies."""
    depth = 0
    for found in re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|[()]|\bas\b|\bclone\b", re.IGNORECASE).finditer(sql, start):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif depth == 0 and found[0].lower() in ("as", "clone"):
            return found.start()
    return len(sql)


def _may_apply(account: Account, session: Session, name: Name) -> None:
    policy = account.policies.get(name)
    need(policy is not None, f"Policy '{'.'.join(name)}'")
    assert policy is not None
    if not account.may(session.primary(account), "APPLY", policy.kind, name):
        raise Denied(f"Insufficient privileges to apply policy '{name[-1]}'.")


def _creation(
    account: Account,
    session: Session,
    sql: str,
    plain: str,
    tree: exp.Expr,
    said: re.Match[str],
    masks: tuple[tuple[str, Name], ...],
    rows: tuple[Name, tuple[str, ...]] | None,
) -> Admitted:
    kind, name = said["kind"].upper(), full(session, said["name"])
    may_create(account, session, kind, name)
    other = "VIEW" if kind == "TABLE" else "TABLE"
    if (other, name) in account.owners:
        raise Denied(f"Object '{name[-1]}' already exists as {other}.")
    if {column for column, _ in masks} & set(rows[1] if rows else ()):
        raise Denied("a column is in a masking policy and in a row access policy")
    clone = tree.args.get("clone")
    source = _table(session, clone.this) if clone is not None else None
    if source is not None:
        _may_read(account, session, source)
    if said["unless"] and (kind, name) in account.owners:
        return Admitted("select 'already exists, statement succeeded' as status")
    query = tree.expression
    if query is not None and clone is None:
        seen = _read(account, session, query)
        # a table holds what its maker sees; a view is looked through when it is read
        if kind == "TABLE" and seen is not query:
            query.replace(seen)
            plain = tree.sql(dialect="snowflake")
    if kind == "TABLE" and isinstance(tree.this, exp.Schema) and query is not None and clone is None:
        plain = _typed(tree)
    view = query.sql(dialect="snowflake") if kind == "VIEW" and query is not None else None
    keeps_grants = bool(re.search(r"\bcopy\s+grants\b", sql[: _body(sql, said.end())] if clone is None else sql, re.IGNORECASE))
    return Admitted(plain, (kind, name, bool(said["replace"]), keeps_grants), masks, rows, view, None, source)


def _typed(tree: exp.Expr) -> str:
    """A table with columns and a query, as a query that casts: DuckDB takes either the one or the other."""
    query = tree.expression
    columns = [found for found in tree.this.expressions if isinstance(found, exp.ColumnDef)]
    cast = exp.select(
        *(exp.alias_(exp.cast(exp.column(one.this.copy()), exp.DataType.build(one.args["kind"])), one.this.copy()) for one in columns)
    )
    tree.set(
        "expression",
        cast.from_(
            exp.Subquery(
                this=query.copy().unnest() if isinstance(query, exp.Subquery) else query.copy(),
                alias=exp.TableAlias(this=exp.to_identifier("_MADE")),
            )
        ),
    )
    tree.set("this", tree.this.this)
    return tree.sql(dialect="snowflake")


def _change(account: Account, session: Session, sql: str, tree: exp.Expr) -> Admitted:
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = _table(session, target)
    verb = {"insert": "INSERT", "delete": "DELETE", "update": "UPDATE", "merge": "UPDATE"}[tree.key]
    need(account.may(session.roles(account), verb, "TABLE", name), f"Table '{'.'.join(name)}'")
    if tree.args.get("overwrite"):
        need(account.may(session.roles(account), "DELETE", "TABLE", name), f"Table '{'.'.join(name)}'")
    seen = _read(account, session, tree, but=target)
    if tree.args.get("overwrite"):
        seen.set("overwrite", False)
        return Admitted(seen.sql(dialect="snowflake"), first=f"DELETE FROM {target.sql(dialect='snowflake')}")
    return Admitted(sql if seen is tree else seen.sql(dialect="snowflake"))


def _ownership(account: Account, session: Session, sql: str, tree: exp.Expr) -> Admitted:
    named = tree.find(exp.Table)
    need(named is not None, "the thing")
    name = _table(session, named)
    kind = str(tree.args.get("kind") or "TABLE").upper()
    if kind in ("SCHEMA", "DATABASE"):
        name = parts(
            re.sub(r"^.*?(?:schema|database)\s+(?:if\s+exists\s+)?", "", sql.strip(), flags=re.IGNORECASE | re.DOTALL)
            .split()[0]
            .rstrip(";")
        )
    known = (kind, name) in account.owners
    if not known and isinstance(tree, exp.Drop) and tree.args.get("exists"):
        return Admitted(sql)
    need(known and account.owners[kind, name] in session.primary(account), f"{kind.capitalize()} '{'.'.join(name)}'")
    return Admitted(sql, dropped=(kind, name) if isinstance(tree, exp.Drop) else None)


# --- what is seen ----------------------------------------------------------------------------------------------------------------


def _read(account: Account, session: Session, tree: exp.Expr, but: exp.Expr | None = None) -> exp.Expr:
    """The query as the session sees it: the same tree where nothing is hidden from it."""
    named = {cte.alias_or_name.upper() for cte in tree.find_all(exp.CTE)}
    changed = False
    for table in list(tree.find_all(exp.Table)):
        if table is but or not isinstance(table.this, exp.Identifier) or (not table.args.get("db") and table.name.upper() in named):
            continue
        name = _table(session, table)
        if name[1] == "INFORMATION_SCHEMA":
            continue
        _may_read(account, session, name)
        if (source := _seen(account, session, name)) is not None:
            alias = table.alias_or_name
            table.replace(exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=False))))
            changed = True
    if not changed:
        return tree
    return tree.copy()


def _seen(account: Account, session: Session, name: Name) -> exp.Expr | None:
    """The query that stands for a table or a view in this session; None where the thing itself may."""
    if name in account.views:
        query = sqlglot.parse_one(account.views[name], read="snowflake")
        return _through(account, session, query)
    masks = {
        column: mask
        for column, policy in account.masks.get(name, {}).items()
        if (mask := _mask(account, session, policy, column)) is not None
    }
    rows = _rows(account, session, name)
    if not masks and rows is None:
        return None
    table = exp.Table(this=_id(name[2]), db=_id(name[1]), catalog=_id(name[0]), alias=exp.TableAlias(this=exp.to_identifier("_B")))
    star = exp.Star()
    if masks:
        star.set("replace", [exp.alias_(mask, column) for column, mask in masks.items()])
    query = exp.select(star).from_(table)
    return query.where(rows) if rows is not None else query


def _through(account: Account, session: Session, query: exp.Expr) -> exp.Expr | None:
    """A view's query with its owner's rights; None where nothing below it is hidden from the session."""
    named = {cte.alias_or_name.upper() for cte in query.find_all(exp.CTE)}
    changed = False
    for table in list(query.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or (not table.args.get("db") and table.name.upper() in named):
            continue
        if (source := _seen(account, session, _table(session, table))) is not None:
            table.replace(exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name))))
            changed = True
    return query if changed else None


def _mask(account: Account, session: Session, policy: Name, column: str) -> exp.Expr | None:
    shown = _inlined(account, session, account.policies[policy], (column,))
    is_clear = isinstance(shown, exp.Column) and shown.name.upper() == column
    return None if is_clear else shown


def _rows(account: Account, session: Session, name: Name) -> exp.Expr | None:
    if name not in account.rows:
        return None
    policy, columns = account.rows[name]
    shown = _inlined(account, session, account.policies[policy], columns)
    return None if isinstance(shown, exp.Boolean) and shown.this else shown


def _inlined(account: Account, session: Session, policy: Policy, columns: tuple[str, ...]) -> exp.Expr:
    """The body of a policy for this session, about these columns of ``_B``."""
    roles = session.roles(account)
    places = {argument.strip('"').upper(): column for (argument, _), column in zip(policy.arguments, columns, strict=True)}

    def decided(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.upper() == "IS_ROLE_IN_SESSION":
            return exp.Boolean(this=node.expressions[0].this in roles)
        if isinstance(node, exp.CurrentUser):
            return exp.Literal.string(session.user)
        if isinstance(node, exp.Column) and not node.table and node.name.upper() in places:
            return exp.column(exp.to_identifier(places[node.name.upper()], quoted=True), table="_B")
        return node

    decision: exp.Expr = simplify(sqlglot.parse_one(policy.body, read="snowflake").transform(decided), dialect="snowflake")
    return decision


def _may_read(account: Account, session: Session, name: Name) -> None:
    roles = session.roles(account)
    kind = next((kind for kind in ("TABLE", "VIEW", "EXTERNAL TABLE") if (kind, name) in account.owners), None)
    what = f"Object '{'.'.join(name)}'"
    need(kind is not None, what)
    assert kind is not None
    need(account.may(roles, "USAGE", "DATABASE", name[:1]) and account.may(roles, "USAGE", "SCHEMA", name[:2]), what)
    need(account.may(roles, "SELECT", kind, name), what)


def _table(session: Session, table: exp.Expr | None) -> Name:
    assert isinstance(table, exp.Table), table
    said = [(part.name if part.args.get("quoted") else part.name.upper()) for part in table.parts]
    missing = 3 - len(said)
    return tuple([session.database or "", session.schema or ""][:missing] + said)


def _id(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
