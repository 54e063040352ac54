"""A disk that is full or must not be written is named, and the next run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fondaco.errors import LakeError
from fondaco.lake import Lake
from tests.lake.conftest import Yard

AT = "2024-05-01 10:00:00"


def test_a_lake_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "lake"):
        with pytest.raises(LakeError) as refused:
            Lake.open(place)
        assert refused.value.hint


#: Lands a yard in a process whose files may not grow beyond so many bytes, as on a full disk.
LAND = """
import resource, sys
from pathlib import Path
from fondaco.errors import LakeError
from tests.lake.conftest import Yard
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    Yard(Path(sys.argv[1])).land()
except LakeError as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.parametrize("limit", [0, 4, 500, 3000])
def test_a_landing_without_space_says_so_and_the_next_one_goes_on(yard: Yard, repo: Path, limit: int) -> None:
    for number in range(3):
        yard.drop(f"{number}.csv", *(f"{number + 1}{row},{os.urandom(9).hex()},1,{AT}" for row in range(100, 200)))
    environment = {**os.environ, "PYTHONPATH": f"{repo / 'src'}:{repo}"}
    ended = subprocess.run(
        [sys.executable, "-c", LAND, str(yard.place.parent), str(limit)], env=environment, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1, ended.stderr
    assert "the lake cannot write a file: File too large" in ended.stdout
    assert "the next run goes on from here" in ended.stdout
    assert all((yard.place / path).is_file() for commit in yard.commits() for path in commit.data_paths())
    yard.land()
    assert len(yard.bronze()) == 300
    assert yard.lake().state() == yard.lake().rebuild_state()


@pytest.mark.skipif(os.geteuid() == 0, reason="left out: root may write everywhere")
def test_a_folder_without_write_permission_is_named(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.place.mkdir()
    yard.place.chmod(0o500)
    with pytest.raises(LakeError, match="Permission denied"):
        yard.land()
    yard.place.chmod(0o700)
    assert yard.land().total("rows_landed") == 1
