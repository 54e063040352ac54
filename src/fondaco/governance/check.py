"""The policy held against the warehouse: what one of them does not know of the other is an error with its file and line."""

from __future__ import annotations

import re

from fondaco.contracts import decimal_parts
from fondaco.errors import DeclarationError, did_you_mean
from fondaco.governance.catalog import Catalog, Column, Relation
from fondaco.governance.masks import CLEAR, METHODS, fits
from fondaco.governance.policy import Policy, Role, Rule

#: Names that tell of persons as a rule; a column that is called so and tells of none says its classification.
_PERSONAL = re.compile(
    r"(^|_)(e_?mails?|phones?|mobile|fax|first_?name|last_?name|full_?name|surname|given_?name|family_?name|maiden_?name|nick_?name|customer_name|"
    r"birth(_?date|day)?|born|street|address(_?line)?\d?|postal_?code|post_?code|zip(_?code)?|iban|passport|ssn|tax_?number|ip(_address)?)($|_)"
)


def check(policy: Policy, catalog: Catalog) -> None:
    """Nothing, if the policy fits the warehouse.

    Raises:
        DeclarationError: the first thing that does not: a name that is unknown, a column that tells of persons and has no class, a
            relation without a rule for its rows, a mask of the wrong type, a country that does not exist.
    """
    _check_classes(catalog)
    for role in policy.roles.values():
        for read in role.reads:
            _check_read(policy, catalog, role, read)
    for path, rule in policy.relations.items():
        _check_known(catalog, path, rule.where)
    for relation in catalog.relations.values():
        readers = [role for role in policy.roles.values() if reads(policy, role, relation)]
        if readers:
            _check_rule(relation, rule_of(policy, relation))
        for role in readers:
            for column in relation.columns:
                _check_form(policy, relation, role, column)
    for line in policy.entitlements:
        if line.country not in catalog.countries:
            near = did_you_mean(line.country.upper(), catalog.countries)
            raise DeclarationError(
                f"there is no country {line.country!r}{near}",
                where=line.where,
                hint="two capitals of ISO 3166-1; ZZ for rows of unknown country",
            )


def rule_of(policy: Policy, relation: Relation) -> Rule:
    """The rule of a relation's rows: its own, else its layer's."""
    return policy.relations.get(relation.path) or policy.layers[relation.layer].rule


def reads(policy: Policy, role: Role, relation: Relation) -> bool:
    """Whether a role reads a relation; one with some countries' rows never reads one that goes whole."""
    if relation.layer not in policy.layers or not {relation.layer, relation.path} & set(role.reads):
        return False
    return role.rows == "all" or rule_of(policy, relation).kind != "whole"


def method_of(policy: Policy, role: Role, column: Column) -> str:
    """How a role sees a column. Raises DeclarationError if no mask says so."""
    classification = column.classification or "internal"
    form = role.form(classification)
    if form == "clear":
        return CLEAR
    if (classification, form) not in policy.masks:
        raise DeclarationError(
            f"{role.name} sees {classification} in the form {form!r}, and masks.yml does not say how",
            where=role.where,
            hint=f"add {classification} to masks.yml",
        )
    return policy.masks[classification, form]


def _check_classes(catalog: Catalog) -> None:
    for relation in catalog.relations.values():
        for column in relation.columns:
            # systems/ has no word for "nobody has said": there, internal is what was not looked at
            unsaid = column.classification is None or (relation.layer == "bronze" and column.classification == "internal")
            expected = catalog.personal.get(column.name) or ("pii.…" if _PERSONAL.search(column.name) else None)
            if unsaid and expected is not None:
                say = "classification: …" if relation.layer == "bronze" else "config: {meta: {classification: …}}"
                raise DeclarationError(
                    f"column {column.name!r} of {relation.path} seems to tell of persons and has no classification",
                    where=column.where,
                    hint=f"say {say.replace('…', expected)}, or what it is if it tells of none, such as public",
                )


def _check_read(policy: Policy, catalog: Catalog, role: Role, read: str) -> None:
    layer = read.partition(".")[0]
    if layer not in policy.layers:
        raise DeclarationError(
            f"{role.name} reads {read}, and layers.yml does not know {layer!r}{did_you_mean(layer, policy.layers)}",
            where=role.where,
            hint=f"say in layers.yml which rows of {layer} are whose",
        )
    if read == layer:
        return
    _check_known(catalog, read, role.where)
    if not reads(policy, role, catalog.relations[read]):
        raise DeclarationError(
            f"{role.name} sees the rows of some countries and reads {read}, which goes whole or not at all",
            where=role.where,
            hint="take it out of reads:, or give the role rows: all",
        )


def _check_known(catalog: Catalog, path: str, where: str) -> None:
    if path not in catalog.relations:
        raise DeclarationError(
            f"there is no relation {path}{did_you_mean(path, catalog.relations)}",
            where=where,
            hint="relations are the models of silver and gold, and bronze.<system>__<table>",
        )


def _check_rule(relation: Relation, rule: Rule) -> None:
    if rule.kind != "by":
        return
    column = relation.column(rule.column or "")
    if column is None:
        raise DeclarationError(
            f"{relation.path} has no column {rule.column!r} to tell whose a row is{did_you_mean(rule.column or '', [c.name for c in relation.columns])}",
            where=rule.where,
            hint=f"say below relations: of layers.yml {relation.path}: {{rows_by: COLUMN}}, {{public: WHY}} or {{whole: WHY}}; it is declared at {relation.where}",
        )
    if column.type != "varchar" or (column.classification or "").startswith("pii."):
        raise DeclarationError(
            f"rows of {relation.path} cannot be told by {column.name!r}, a {column.type} classified {column.classification or 'internal'}",
            where=rule.where,
            hint="a column with the code of a country, which everybody may see",
        )


def _check_form(policy: Policy, relation: Relation, role: Role, column: Column) -> None:
    method = method_of(policy, role, column)
    if not fits(method, column.type):
        kind = "decimal" if decimal_parts(column.type) else column.type
        taken = " or ".join(sorted(METHODS[method].types))
        raise DeclarationError(
            f"{role.name} sees {relation.path}.{column.name}, a {kind}, by {method!r}, which takes a {taken}",
            where=role.where,
            hint=f"in masks.yml give {column.classification} another method, such as empty, or the role another form, such as hide; the column is declared at {column.where}",
        )
