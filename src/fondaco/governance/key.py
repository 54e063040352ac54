"""The secret that pseudonyms are made with: the one that is set, else one that is made once and kept."""

from __future__ import annotations

import os
import secrets

from fondaco.errors import ServeError
from fondaco.settings import Settings

FILE = "pseudonym.key"


def key_of(settings: Settings) -> str:
    """The secret. With another one every pseudonym is another one, so it is kept for as long as somebody may hold an old one."""
    if settings.pseudonym_secret is not None:
        return settings.pseudonym_secret.get_secret_value()
    path = settings.state_dir / FILE
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="ascii").strip()
        if len(key) < 32:
            raise ServeError(
                "the secret of pseudonyms is cut off", where=str(path), hint="put it back from a copy; without one remove it"
            ) from None
        return key
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key + "\n")
    return key
