"""A message as e-mail by SMTP, encrypted on its way unless it stays on this machine."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from fondaco.alerts.message import Message
from fondaco.settings import Mail

_TIMEOUT = 30.0


def send(settings: Mail, message: Message) -> str | None:
    """Sends it to everybody; returns why it could not be sent."""
    try:
        with _server(settings) as server:
            if settings.user is not None:
                server.login(settings.user, settings.password.get_secret_value() if settings.password else "")
            refused = server.send_message(letter(settings, message))
    except smtplib.SMTPAuthenticationError:
        return f"{settings.host} does not accept alerts.email.user and its password"
    except (smtplib.SMTPException, OSError) as error:
        return f"{settings.host}:{settings.port}: {str(error) or type(error).__name__}"
    return f"refused by {settings.host}: {', '.join(refused)}" if refused else None


def letter(settings: Mail, message: Message) -> EmailMessage:
    """The message as a letter."""
    found = EmailMessage()
    # a line break in a title would begin a header of its own
    found["Subject"] = " ".join(message.title.split())
    found["From"], found["To"] = settings.sender, ", ".join(settings.to)
    found["Date"], found["Message-ID"] = formatdate(), make_msgid(domain=settings.sender.rpartition("@")[2])
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(f"{message.text}\n")
    return found


def _server(settings: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.tls == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIMEOUT, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT)
    if settings.tls == "starttls":
        try:
            server.starttls(context=context)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server
