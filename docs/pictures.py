"""The README's pictures: the demo of this folder, in a real browser. Run anew by: .venv/bin/python docs/pictures.py (after `make run`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
PORT = 8599
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: By file: who looks, at which page, in which theme, and how many pixels of it.
SHOTS = (
    ("overview.png", "erin", "Overview", "light", 1050),
    ("customers.png", "ana", "Customers", "light", 1500),
)
QUIET = "() => !document.querySelector('[data-testid=stSpinner],[data-testid=stSkeleton],[data-testid=stStatusWidget]')"


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """The live app of a shop, while it is needed."""
    command = [str(Path(sys.executable).with_name("fondaco")), "dashboard", "-q", "--port", str(PORT), "-C", str(folder)]
    running = subprocess.Popen(command, start_new_session=True)
    address = f"http://127.0.0.1:{PORT}"
    try:
        while running.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).read()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(60)


def settle(page: Page) -> None:
    """Until nothing moves any more."""
    page.wait_for_function(QUIET, timeout=120_000)
    page.wait_for_timeout(2_500)


def take(folder: Path) -> None:
    """Takes all pictures, small enough to be committed."""
    PICTURES.mkdir(exist_ok=True)
    with app(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, user, title, scheme, high in SHOTS:
            page = browser.new_context(viewport={"width": 1440, "height": high}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
            page.goto(address)
            page.get_by_role("button", name=f"Look as {user}").click(timeout=120_000)
            page.locator("[data-testid=stMetric]").first.wait_for(timeout=120_000)
            if title != "Overview":
                page.get_by_role("link", name=title, exact=True).click()
            settle(page)
            picture = Image.open(BytesIO(page.screenshot())).convert("P", palette=Image.Palette.ADAPTIVE, colors=96)
            picture.save(PICTURES / name, optimize=True)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
