"""Somebody is told: by a webhook in Slack's form, by e-mail, or both, as fondaco.yml says. Works the same with Dagster and without.

message.py  what is told: what failed, since when, how to see it, how to mend it
webhook.py  as JSON to an address
mail.py     as e-mail by SMTP
"""

from __future__ import annotations

from fondaco.alerts.message import Message
from fondaco.errors import AlertNotSent
from fondaco.settings import Alerts

__all__ = ["Message", "is_somebody_told", "tell"]


def is_somebody_told(alerts: Alerts) -> bool:
    """Whether fondaco.yml names anybody."""
    return alerts.webhook is not None or alerts.email is not None


def tell(alerts: Alerts, message: Message) -> tuple[str, ...]:
    """Sends a message by every way that fondaco.yml names; returns the ways.

    Raises:
        AlertNotSent: a way failed; the others were tried all the same.
    """
    from fondaco.alerts.mail import send
    from fondaco.alerts.webhook import post

    ways, faults = list[str](), list[str]()
    if alerts.webhook is not None:
        fault = post(alerts.webhook.get_secret_value(), message)
        ways, faults = [*ways, "webhook"], [*faults, *([f"webhook: {fault}"] if fault else [])]
    if alerts.email is not None:
        fault = send(alerts.email, message)
        ways, faults = [*ways, "e-mail"], [*faults, *([f"e-mail: {fault}"] if fault else [])]
    if faults:
        raise AlertNotSent("; ".join(faults), where="alerts", hint="look at alerts: in fondaco.yml, then: fondaco digest --send")
    return tuple(ways)
