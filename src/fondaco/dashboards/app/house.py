"""What is the same for everybody who looks: settings, policy, definitions, compiled questions. No number is in it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from fondaco.dashboards.memory import Memory
from fondaco.dashboards.opening import made
from fondaco.dashboards.viewer import Viewer
from fondaco.errors import FondacoError
from fondaco.governance import Plan, plan_of
from fondaco.governance.session import ServedSession
from fondaco.job.figures import catalogue
from fondaco.job.runs import RUN_LOG
from fondaco.metrics import Catalogue, Compiler, Shapes
from fondaco.settings import Settings


class House:
    """One for a process. Policy and definitions are read again when they changed; while they cannot be read the last good ones hold."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._read_at: object = None
        self._plan: Plan | None = None
        self._catalogue: Catalogue | None = None
        self._compiler: Shapes | None = None
        self._memories: dict[str, Memory] = {}

    def viewer(self, user: str) -> Viewer:
        """A viewer, with what she was told before if it still stands.

        Raises:
            FondacoError: policy or definitions cannot be read and never could, or the server does not answer.
        """
        plan, found, compiler = self.plan(), self._catalogue, self._compiler
        assert found is not None and compiler is not None
        with self._lock:
            memory = self._memories.setdefault(user, Memory(ServedSession(self.settings, user)))
        memory.renew()
        return replace(made(self.settings, plan, memory.session, found, compiler), remember=memory.ask)

    def plan(self) -> Plan:
        """The policy's plan. Raises FondacoError if it cannot be read and never could."""
        with self._lock:
            now = self._changed_at()
            if self._plan is None or now != self._read_at:
                try:
                    plan, found = plan_of(self.settings), catalogue(self.settings)
                except (FondacoError, OSError):
                    # a build is on its way, or somebody edits the policy: what is in force on the server stays in force
                    if self._plan is None:
                        raise
                else:
                    if self._catalogue is None or found.manifest != self._catalogue.manifest:
                        self._catalogue, self._compiler = found, Shapes(Compiler(found.manifest, "postgres"))
                    self._plan, self._read_at = plan, now
            return self._plan

    @property
    def catalogue(self) -> Catalogue:
        """The definitions. Raises FondacoError as ``plan``."""
        self.plan()
        assert self._catalogue is not None
        return self._catalogue

    def _changed_at(self) -> object:
        files: list[Path] = [*sorted(self.settings.policy_dir.glob("*")), self.settings.state_dir / RUN_LOG]
        return tuple((path.name, path.stat().st_mtime_ns) for path in files if path.is_file())
