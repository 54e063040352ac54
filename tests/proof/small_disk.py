"""Lands on a disk of every size from nothing to enough: called in a mount namespace of its own, where a tmpfs is the disk.

    unshare --user --map-root-user --mount python -m tests.proof.small_disk FOLDER

Each landing either ends well or says that the disk is full; then the disk grows, and the next landing makes it good.
Prints one line of JSON: how many landings ended which way, and the steps at which the disk was full.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from fondaco.errors import LakeError
from fondaco.lake import DefaultQuality, Lake, land
from tests.proof.databases import SqliteShop, open_shop
from tests.proof.laws import check
from tests.proof.script import Story, transactions

_PAGE = 4096


def mount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)


def land_once(shop: SqliteShop, place: Path, steps: list[str]) -> None:
    """Raises LakeError."""
    with closing(open_shop(shop.dialect)) as source:
        for table in land([source], Lake.open(place, steps.append), DefaultQuality()):
            if table.errors:
                raise table.errors[0]


def _kind(error: LakeError) -> str:
    """Which of the two it says; an error without a next step is none of them."""
    known = {"No space left on device": "full", "Read-only file system": "read-only"}
    return next((kind for words, kind in known.items() if words in error.message and error.hint), str(error))


def main(folder: Path) -> None:
    shop = SqliteShop(folder / "shop.sqlite")
    story = Story(shop, transactions(11, 30))
    story.finish()
    outcomes, last_steps = Counter[str](), Counter[str]()
    for pages in range(2, 1000):
        place = folder / f"disk_{pages}"
        place.mkdir()
        mount(place, f"size={pages * _PAGE}")
        steps = list[str]()
        try:
            land_once(shop, place / "lake", steps)
        except LakeError as error:
            outcomes[_kind(error)] += 1
            last_steps[steps[-1] if steps else "nothing"] += 1
        else:
            outcomes["done"] += 1
        mount(place, "remount,size=64m")
        mount(place, "remount,ro")
        try:
            land_once(shop, place / "lake", [])
        except LakeError as error:
            outcomes[_kind(error)] += 1
        mount(place, "remount,rw")
        land_once(shop, place / "lake", [])
        check(Lake.open(place / "lake"), story, story.visible())
        if outcomes["done"] >= 3:
            break
    print(json.dumps({"outcomes": outcomes, "steps": last_steps}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
