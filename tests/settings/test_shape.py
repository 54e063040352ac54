from __future__ import annotations

import json

from fondaco.settings import schema


def test_the_schema_knows_every_section_and_describes_every_setting() -> None:
    found = schema()
    assert set(found["required"]) == {"project", "sources"}
    assert {"business", "sources", "lake", "quality", "warehouse", "rules", "targets"} <= set(found["properties"])
    for name, model in found["$defs"].items():
        for setting, said in model["properties"].items():
            assert "description" in said or "$ref" in said or setting == "type", f"{name}.{setting} has no description"
    json.dumps(found)
