"""What the documents say is what is there: the reference is made from the code, and the commands of the pages run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from fondaco.cli.app import app
from fondaco.cli.call import hoist

ROOT = Path(__file__).parents[1]
#: Every page for a reader; decisions are of their day, and the reference is made from the code.
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if "decisions" not in path.parts and path.stem != "reference"
    ),
)
#: Pages (the tutorial apart, which is looked at closer) whose ```sh blocks are run, one after the other, in an empty folder; what needs a server of the reader's own stands in ```bash.
RUN = tuple(page for page in PAGES if page != "docs/tutorial.md" and "```sh\n" in (ROOT / page).read_text(encoding="utf-8"))


def test_the_pages_that_are_made_are_what_the_code_and_the_policy_say(repo: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_docs", repo / "docs/make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (repo / "docs/reference.md").read_text(encoding="utf-8") == module.reference(), "run: make docs"
    assert (repo / "docs/contracts.md").read_text(encoding="utf-8") == module.contracts(), "run: make docs"
    assert (repo / "docs/access.md").read_text(encoding="utf-8") == module.access(), "run: make docs"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists_with_its_options(repo: Path, page: str) -> None:
    text = (repo / page).read_text(encoding="utf-8")
    for line in re.findall(r"(?:^|&& |`|/)fondaco ([a-z][^\n`#&]*)", text, re.MULTILINE):
        _, words = hoist(line.split())
        commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
        assert words[0] in commands, f"{page}: fondaco {line}"
        command = commands[words[0]]
        command = command.commands[words[1]] if hasattr(command, "commands") else command
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known, f"{page}: fondaco {line}"


def test_every_verb_that_a_page_names_is_one_of_the_makefile(repo: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*##", (repo / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)\b", (repo / page).read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= verbs, page


def test_every_link_of_a_page_leads_somewhere(repo: Path) -> None:
    for page in (*PAGES, "docs/reference.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (repo / page).read_text(encoding="utf-8")):
            assert (repo / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_decisions_are_numbered_and_have_the_four_parts(repo: Path) -> None:
    pages = sorted((repo / "docs/decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.name[:4]} \S", text), page.name
        assert all(f"**{part}" in text for part in ("Status**", "Context.**", "Decision.**", "Consequences.**")), page.name


@pytest.fixture
def run_page(repo: Path, tmp_path: Path) -> Callable[[str], str]:
    """Runs the ```sh blocks of a page and returns what they print."""
    shim = tmp_path / "bin/fondaco"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c 'import sys; from fondaco.cli import main; sys.exit(main())' \"$@\"\n")
    shim.chmod(0o755)
    environ = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": str(repo / "src")}

    def run(page: str) -> str:
        script = "set -eu\n" + "\n".join(re.findall(r"```sh\n(.*?)```", (repo / page).read_text(encoding="utf-8"), re.DOTALL))
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    return run


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run(run_page: Callable[[str], str], page: str) -> None:
    run_page(page)


@pytest.mark.slow
def test_the_tutorial_comes_to_what_it_says(run_page: Callable[[str], str]) -> None:
    said = run_page("docs/tutorial.md")
    assert "nothing to do" in said
    assert "Quantity is not an integer" in said


@pytest.fixture
def clone(repo: Path, tmp_path: Path) -> Path:
    """The checkout as a clone of it would be, with its environment."""
    if not (repo / ".venv/.ready").is_file():
        pytest.skip("left out: there is no .venv of this checkout (make setup)")
    names = subprocess.run(["git", "ls-files"], cwd=repo, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (repo / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repo / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(repo / ".venv")
    return tmp_path


def test_the_pages_are_a_site_that_asks_nobody_for_anything(repo: Path, tmp_path: Path) -> None:
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(call, cwd=repo, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*.html")}
    assert {path.relative_to(repo / "docs").with_suffix("").as_posix() for path in (repo / "docs").rglob("*.md")} <= made
    listed = set(re.findall(r'href="([^"#]+)\.html"', (tmp_path / "index.html").read_text(encoding="utf-8")))
    assert made - {"404", "warehouse/index"} <= listed, "a page that no menu shows"
    for page in tmp_path.rglob("*.html"):
        if page.parent.name != "warehouse":
            text = page.read_text(encoding="utf-8")
            assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="?(?:https?:)?//[^">]*', text), page


@pytest.mark.slow
def test_the_mart_of_the_guide_is_built_and_seen_by_those_who_may(repo: Path, clone: Path) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", (repo / "docs/how-to/add-a-mart.md").read_text(encoding="utf-8"), re.DOTALL)
    script = "set -eu\n" + "\n".join(blocks)
    done = subprocess.run(["bash", "-c", script], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"\n +7 +\d+ +[\d.]+\n7 rows", done.stdout)
    assert re.search(r"gold\.weekday_sales +by country", done.stdout)


@pytest.mark.slow
def test_the_readme_shows_what_make_run_shows(repo: Path, clone: Path) -> None:
    done = subprocess.run(["make", "run"], cwd=clone, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "100"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    seen = {line.rstrip() for line in done.stdout.splitlines()}
    block = re.search(r"```text\n(.*?)```", (repo / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    timed = re.compile(r" in \d| s$|longest: ")
    assert [line for line in block[1].splitlines() if line not in seen and not timed.search(line)] == []
    assert "(the first run took" in done.stdout
    asked = re.search(r"```console\n(.*?)```", (repo / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert asked is not None
    for question, user, answer in re.findall(r'\$ fondaco query "(.*?)" --as (\w+)\n(.*?)(?=\$|\Z)', asked[1], re.DOTALL):
        call = [clone / ".venv/bin/fondaco", "query", question, "--as", user]
        said = subprocess.run(call, cwd=clone, capture_output=True, text=True, check=True).stdout
        assert [line.rstrip() for line in said.splitlines()][:-1] == [line.rstrip() for line in answer.splitlines()]


def test_every_message_of_the_page_on_failures_is_said_by_the_code(repo: Path) -> None:
    page = (repo / "docs/how-to/after-a-failure.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((repo / "src/fondaco").rglob("*.py")))
    seen = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ") and not line.startswith("| what is seen")]
    said = [quote for cell in seen for quote in re.findall(r"`([^`]+)`", cell)]
    assert len(said) > 40
    for quote in said:
        known = f'code = "{quote}"' if re.fullmatch(r"E\d{3}", quote) else quote.partition(":")[0]
        assert known in code, quote
