"""What stands where in the documentation site: hooks that mkdocs calls while it reads the pages of docs/ (mkdocs.yml).

The README is the first page, and changes and decisions are read from where they stand, so that nothing is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_DOCS = Path(__file__).parent
_HOUSE = _DOCS.parent
#: Pages that stand outside docs/, by the name they have in the site.
_OUTSIDE = {"index.md": "README.md", "changes.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
#: The guides by what a person wants to do.
_GUIDES = {
    "Bring data in": [
        "connect-a-database",
        "types-of-databases",
        "file-drops",
        "deletes",
        "lake-on-s3",
        "backfill-and-replay",
        "quarantine",
        "compaction",
    ],
    "Use the numbers": ["ask-for-a-metric", "when-a-number-changes", "verify", "predict-customer-value"],
    "Change the warehouse": ["add-a-mart", "dbt"],
    "Govern": ["govern", "forget-a-person", "keep-people-for-their-time"],
    "Run it": ["go-to-production", "run-with-dagster", "snowflake", "alerts", "after-a-failure"],
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every page has its place; one that is in no list comes at the end of the guides, so that none is lost."""
    config.nav = nav()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that stand outside docs/, and a list of the decisions."""
    for name, path in _OUTSIDE.items():
        files.append(File.generated(config, name, content=_from_the_house((_HOUSE / path).read_text(encoding="utf-8"))))
    files.append(File.generated(config, "decisions/index.md", content="\n".join(_list_of_decisions())))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A link to the folder of decisions, which is a page here."""
    return re.sub(r"\]\(((?:\.\./)?decisions)/?\)", r"](\1/index.md)", markdown)


def nav() -> list[Any]:
    """The table of contents, as mkdocs takes it."""
    guides: dict[str, list[str]] = {title: [f"how-to/{name}.md" for name in names] for title, names in _GUIDES.items()}
    listed = {page for pages in guides.values() for page in pages}
    guides["More"] = [f"how-to/{path.name}" for path in sorted((_DOCS / "how-to").glob("*.md")) if f"how-to/{path.name}" not in listed]
    models: list[Any] = [{"Models and columns": "warehouse/index.html"}] if (_DOCS / "warehouse/index.html").is_file() else []
    return [
        {"Start": ["index.md", "tutorial.md"]},
        {"Guides": [{title: pages} for title, pages in guides.items() if pages]},
        {"Reference": ["reference.md", "glossary.md", "contracts.md", "access.md", *models]},
        {"Explanation": [f"explanation/{path.name}" for path in sorted((_DOCS / "explanation").glob("*.md"))]},
        {"Decisions": ["decisions/index.md", *(f"decisions/{path.name}" for path in _decisions())]},
        {"The project": ["changes.md", "contributing.md"]},
    ]


def _from_the_house(text: str) -> str:
    """A page of the house as one of docs/: its links start there."""
    named = {path: name for name, path in _OUTSIDE.items()}
    return re.sub(r"\]\((?:docs/)?([^):]+)\)", lambda found: f"]({named.get(found[1], found[1])})", text)


def _decisions() -> list[Path]:
    return sorted((_DOCS / "decisions").glob("[0-9]*.md"))


def _list_of_decisions() -> Iterator[str]:
    yield "# Decisions\n\nWhat somebody will ask about later: what was decided, why, and what follows from it.\n"
    for path in _decisions():
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        yield f"* [{title}]({path.name})"
