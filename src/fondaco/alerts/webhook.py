"""A message as JSON to an address that takes Slack's form; Mattermost, Rocket.Chat and others do, too."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from fondaco.alerts.message import Message, shortened

_TIMEOUT = 15.0
_MARKS = {"failed": ":red_circle:", "mended": ":large_green_circle:", "digest": ":newspaper:"}


def post(address: str, message: Message) -> str | None:
    """Sends it; returns why it could not be sent, without the address, which is a secret."""
    body = json.dumps(payload(message)).encode()
    try:
        # the address is the owner's own setting
        asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=_TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        return f"it answered {error.code} {error.reason}"
    except urllib.error.URLError as error:
        return f"it cannot be reached: {error.reason}"
    except (OSError, ValueError) as error:
        return f"it cannot be reached: {type(error).__name__}"


def payload(message: Message) -> dict[str, Any]:
    """The message in Slack's form: a text for notifications, blocks for the page. What could be taken for Slack's marks is escaped."""
    facts = [(name, said) for name, said in (("Since", message.since), ("To see it", message.see), ("To mend it", message.mend)) if said]
    blocks: list[dict[str, Any]] = [_section(f"{_MARKS[message.kind]} *{_escaped(message.title)}*")]
    if message.what:
        body = _escaped(shortened("\n".join(message.what)))
        blocks.append(_section(f"```{body.replace('```', '')}```" if message.kind == "failed" else body))
    blocks += [_section(f"*{name}:* {_escaped(said)}") for name, said in facts]
    return {"text": _escaped(message.title), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
