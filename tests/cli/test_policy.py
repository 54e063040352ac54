"""The commands of the policy, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fondaco.cli import main


def test_the_matrix_can_be_read_by_people_and_machines(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "matrix", "-C", str(repo), "--role", "data_analyst"]) == 0
    said = capsys.readouterr().out
    assert "DATA_ANALYST  sees the rows of her countries" in said
    assert "DATA_ENGINEER  sees" not in said
    assert main(["policy", "matrix", "-C", str(repo), "--json"]) == 0
    found = {(row["role"], row["relation"]): row for row in json.loads(capsys.readouterr().out)["data"]["access"]}
    assert found["DATA_ANALYST", "gold.customers"]["changed"]["email"] == "keep_domain"
    assert found["DATA_ANALYST", "silver.fact_payments"]["rows"] == "none"


def test_an_unknown_role_is_told_with_the_nearest_one(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "matrix", "-C", str(repo), "--role", "DATA_ANALIST"]) == 2
    assert "did you mean 'DATA_ANALYST'?" in capsys.readouterr().err
