"""Which members of which zip archives belong to which table, and the archives unpacked for as long as they are read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fondaco.contracts import System, Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.base import Pull
from fondaco.sources.gathering import Gathering
from fondaco.sources.listing import Seen, is_temporary, matcher
from fondaco.sources.zips import member_names, unpack


class Archives:
    """The zip archives of one folder of drops.

    A member is a file of its own: it belongs to a table by its path in the archive, as if it were unpacked beside it, or by its
    name alone. An archive whose own name is one of the table's brings it all that belongs to nobody else.
    """

    def __init__(self, system: System) -> None:
        self._globs = {table.name: matcher(table.files) for table in system.tables.values() if table.files and table.format}
        self._names = dict[Seen, list[str] | None]()

    def members(self, table: Table, archive: Seen) -> set[str] | None:
        """The names of the table's members, perhaps none; None if the archive is damaged or unsafe and this table has to say so."""
        names = self._names_of(archive)
        by_its_own_name = self._globs[table.name](archive.name)
        if names is None:
            is_first = not any(glob(archive.name) for glob in self._globs.values()) and table.name == next(iter(self._globs))
            return None if by_its_own_name or is_first else set()
        own = {name for name in names if self._is_of(table.name, archive, name)}
        return own or (self._left_over(archive, names) if by_its_own_name else set())

    def of_no_table(self, archive: Seen) -> list[str]:
        """Members that no table claims, by their whole names."""
        names = self._names_of(archive)
        if names is None or any(glob(archive.name) and not self._any_of(table, archive, names) for table, glob in self._globs.items()):
            return []
        return [f"{archive.name}/{name}" for name in sorted(self._left_over(archive, names))]

    def read(self, archive: Seen, table: Table, gathering: Gathering) -> Iterator[Pull]:
        """Lands the table's members, if the whole archive is sound; else the archive is refused by its name."""
        drop = Drop(archive.path, archive.name, archive.where)
        names = self.members(table, archive)
        folder = Path(tempfile.mkdtemp(prefix="fondaco-"))
        try:
            members = unpack(drop, folder, lambda name: names is not None and name in names)
            if not archive.is_still():
                gathering.wait(archive)
                return
            for member in members:
                yield from gathering.take(Seen(member.path, f"{archive.name}/{member.name}", member.size, archive.mtime_ns, archive))
            gathering.mark_archive(archive, drop, len(members))
        except FileRejected as error:
            gathering.refuse(archive, drop, error)
        except OSError as error:
            gathering.cannot_read(drop, error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _names_of(self, archive: Seen) -> list[str] | None:
        if archive not in self._names:
            try:
                names = member_names(Drop(archive.path, archive.name))
                self._names[archive] = [name for name in names if not is_temporary(name)]
            except (FileRejected, OSError):
                self._names[archive] = None
        return self._names[archive]

    def _is_of(self, table: str, archive: Seen, name: str) -> bool:
        beside, glob = PurePosixPath(archive.name).parent, self._globs[table]
        return glob((beside / name).as_posix()) or glob((beside / PurePosixPath(name).name).as_posix()) or glob(f"{archive.name}/{name}")

    def _any_of(self, table: str, archive: Seen, names: list[str]) -> bool:
        return any(self._is_of(table, archive, name) for name in names)

    def _left_over(self, archive: Seen, names: list[str]) -> set[str]:
        return {name for name in names if not any(self._is_of(table, archive, name) for table in self._globs)}
