"""A small simulated shop, built and served once for all tests of a worker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.cli import main
from fondaco.dashboards.opening import viewer_of
from fondaco.dashboards.viewer import Viewer
from fondaco.governance.server import server_of, start, stop
from fondaco.governance.serving import refresh
from fondaco.settings import Settings, load_settings
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
CONFIG = """\
version: 1
project: shown
business: {{timezone: Europe/Berlin, currency: EUR, week_start: sunday}}
sources: {{shop: {{type: demo, customers: 500, days: 130, start: 2025-01-01, seed: 41}}}}
serve: {{path: {root}/serve, port: {port}}}
quality: {{max_bad_share: 20%}}
demo: true
"""


@pytest.fixture(scope="session")
def shown() -> Iterator[Settings]:
    """A shop whose server runs."""
    root = Path(tempfile.mkdtemp(prefix="fondaco-shown-"))
    # the server's account enters it
    root.chmod(0o755)
    (root / "fondaco.yml").write_text(CONFIG.format(root=root, port=free_port()), encoding="utf-8")
    shutil.copytree(ROOT / "policy", root / "policy")
    assert main(["run", "-q", "-C", str(root)]) == 0
    settings = load_settings(root, None, {})
    start(server_of(settings))
    try:
        refresh(settings)
        yield settings
    finally:
        stop(server_of(settings))
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def viewers(shown: Settings) -> Iterator[dict[str, Viewer]]:
    """An engineer, a scientist, an analyst for three countries, and one for none."""
    found = {user: viewer_of(shown, user) for user in ("erin", "sam", "ana", "noor")}
    yield found
    for viewer in found.values():
        viewer.session.close()
