"""Somebody is told, by every way that there is, and never more than he may know."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from fondaco.alerts import Message, tell
from fondaco.alerts.webhook import payload
from fondaco.cli import main
from fondaco.errors import AlertNotSent, ConfigError
from fondaco.settings import Alerts, Mail, load_settings
from tests.alerts.receivers import post_office, webhook

FAILED = Message(
    "failed",
    "toys: build failed",
    ("unique_orders: 2 rows are at fault", "  --> warehouse/models/marts/orders.yml"),
    "the last good one ended 2026-11-25 08:05",
    "http://dagster/runs/1",
    "mend the rows",
)


def mail(port: int, tls: str = "off") -> Mail:
    return Mail.model_validate(
        {"to": ["ann@shop.test", "bob@shop.test"], "sender": "fondaco@shop.test", "host": "127.0.0.1", "port": port, "tls": tls}
    )


def test_a_message_goes_every_way_and_says_what_since_when_where_and_how() -> None:
    with webhook() as hook, post_office() as office:
        assert tell(Alerts(webhook=SecretStr(hook.address), email=mail(office.port)), FAILED) == ("webhook", "e-mail")
    (posted,), ((people, letter),) = hook.posted, office.letters
    told = "\n".join(block["text"]["text"] for block in posted["blocks"])
    assert posted["text"] == "toys: build failed"
    assert people == ("ann@shop.test", "bob@shop.test") and letter["Subject"] == "toys: build failed"
    for text in (told, letter.get_content()):
        for said in ("2 rows are at fault", "the last good one ended 2026-11-25 08:05", "http://dagster/runs/1", "mend the rows"):
            assert said in text


def test_a_way_that_fails_is_named_without_its_secret_and_the_other_is_taken() -> None:
    with webhook() as hook, post_office() as office:
        hook.answer = 403
        with pytest.raises(AlertNotSent) as refused:
            tell(Alerts(webhook=SecretStr(hook.address), email=mail(office.port)), FAILED)
    assert refused.value.message == "webhook: it answered 403 Forbidden"
    assert "secret" not in str(refused.value)
    assert len(office.letters) == 1


def test_mail_that_would_leave_in_the_clear_does_not_leave() -> None:
    with post_office() as office, pytest.raises(AlertNotSent, match="STARTTLS"):
        tell(Alerts(email=mail(office.port, "starttls")), FAILED)
    assert office.letters == []


def test_what_could_be_taken_for_marks_is_escaped_and_what_is_too_long_is_cut() -> None:
    told = payload(Message("failed", "a <b> & c", ("<!channel> ```", *["x" * 99] * 100)))
    assert told["text"] == "a &lt;b&gt; &amp; c"
    body = told["blocks"][1]["text"]["text"]
    assert body.startswith("```&lt;!channel&gt; \n") and "see the log of the run" in body
    assert all(len(block["text"]["text"]) <= 3000 for block in told["blocks"])


def test_a_title_of_two_lines_makes_no_header() -> None:
    with post_office() as office:
        tell(Alerts(email=mail(office.port)), Message("failed", "one\r\nBcc: eve@evil.test", ("x",)))
    assert office.letters[0][1]["Subject"] == "one Bcc: eve@evil.test"
    assert office.letters[0][1]["Bcc"] is None


@pytest.mark.parametrize(
    ("alerts", "said"),
    [
        ("{webhook: 'https://hooks.test/secret'}", "alerts.webhook is a secret and may not stand in"),
        ("{email: {to: [ann], sender: a@b.test, host: mail.test}}", "alerts.email.to.0"),
        ("{email: {to: [a@b.test], sender: a@b.test, host: mail.test, tls: off}}", "tls"),
        ("{email: {to: [], sender: a@b.test, host: mail.test}}", "alerts.email.to"),
    ],
)
def test_wrong_alerts_are_refused_with_file_and_line(tmp_path: Path, alerts: str, said: str) -> None:
    (tmp_path / "fondaco.yml").write_text(f"project: toys\nsources: {{shop: {{type: demo}}}}\nalerts: {alerts}\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path, environ={})
    assert said in refused.value.message and refused.value.where == f"{tmp_path / 'fondaco.yml'}:3"


def test_a_run_by_cron_tells_why_it_failed_and_still_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fondaco.yml").write_text(
        "project: toys\nsources: {gifts: {type: files, path: gone, system: online_retail}}\nalerts: {webhook: '${HOOK}'}\n"
    )
    with webhook() as hook:
        monkeypatch.setenv("HOOK", hook.address)
        assert main(["run", "-C", str(tmp_path), "--alert", "--json"]) == 1
        assert main(["run", "-C", str(tmp_path), "--json"]) == 1
    (posted,) = hook.posted
    assert posted["text"] == "toys: fondaco run failed"
    assert "the folder of source 'gifts' is not there" in str(posted["blocks"])
    assert "there was no good one yet" in str(posted["blocks"])


def test_the_digest_is_sent_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    yml = "project: toys\nsources: {gifts: {type: files, path: gone, system: online_retail}}\n"
    (tmp_path / "fondaco.yml").write_text(yml)
    main(["ingest", "-C", str(tmp_path), "-q"])
    assert main(["digest", "-C", str(tmp_path), "--send"]) == 2
    (tmp_path / "fondaco.yml").write_text(f"{yml}alerts: {{webhook: '${{HOOK}}'}}\n")
    with webhook() as hook:
        monkeypatch.setenv("HOOK", hook.address)
        assert main(["digest", "-C", str(tmp_path)]) == 0
        assert hook.posted == []
        assert main(["digest", "-C", str(tmp_path), "--send"]) == 0
    assert hook.posted[0]["text"] == "toys: the last 24 hours, needs a look"
    assert "Late: gifts: nothing has landed yet" in str(hook.posted[0]["blocks"])
    assert "sent by webhook" in capsys.readouterr().out
