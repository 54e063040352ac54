"""A bucket behind a store that is slow, busy, gone or unwilling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fondaco.errors import LakeError, SourceError
from fondaco.storage import Bucket, Store, open_store, patience
from tests.s3 import ANSWERS, HASTY, PASSING, Proxy

Do = Callable[[Store], object]

OPERATIONS: dict[str, Do] = {
    "read": lambda store: store.read("there"),
    "read what is not there": lambda store: store.read("not there"),
    "look": lambda store: store.exists("there"),
    "look for what is not there": lambda store: store.exists("not there"),
    "create": lambda store: store.create("new", b"ours"),
    "create what is there": lambda store: store.create("there", b"ours"),
    "replace": lambda store: store.replace("there", b"new"),
    "list": lambda store: [item.path for item in store.listing()],
    "delete": lambda store: store.delete(["there", "not there"]),
    "upload": lambda store: upload(store, "large", b"x" * (9 << 20)),
}


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", HASTY)


def upload(store: Store, path: str, data: bytes) -> int:
    with store.writing(path) as place:
        place.write_bytes(data)
    return len(store.read(path) or b"")


def contents(store: Store) -> dict[str, bytes | None]:
    return {item.path: store.read(item.path) for item in store.listing()}


@pytest.mark.parametrize("operation", [pytest.param(name, marks=pytest.mark.slow if name == "upload" else ()) for name in OPERATIONS])
def test_a_fault_that_passes_changes_nothing_about_what_comes_of_it(proxy: Proxy, bucket: Bucket, operation: str) -> None:
    plain, through = open_store(bucket), open_store(proxy.place)

    def begin() -> None:
        plain.delete(["new", "large"])
        plain.replace("there", b"old")

    begin()
    proxy.requests.clear()
    wanted, left = OPERATIONS[operation](through), contents(plain)
    for number in range(1, len(proxy.requests) + 1):
        for kind in PASSING:
            begin()
            proxy.once(number, kind)
            assert OPERATIONS[operation](through) == wanted, (number, kind)
            assert contents(plain) == left, (number, kind)


@pytest.mark.parametrize("kind", ["cut_after", "failed_after", "silent"])
def test_a_lost_answer_to_a_create_is_not_taken_for_somebody_elses_win(proxy: Proxy, bucket: Bucket, kind: str) -> None:
    store = open_store(proxy.place)
    proxy.once(1, kind)
    assert store.create("1.json", b"ours"), "the store had carried it out"
    assert [request.method for request in proxy.requests] == ["PUT", "PUT", "GET"]
    proxy.once(1, kind)
    assert not store.create("1.json", b"theirs"), "what is there is another's"
    assert open_store(bucket).read("1.json") == b"ours"


@pytest.mark.parametrize(("sse", "key"), [("AES256", None), ("aws:kms", "arn:aws:kms:eu-west-3:1:key/ours"), ("none", None)])
def test_what_is_written_is_encrypted_as_declared(proxy: Proxy, sse: Any, key: str | None) -> None:
    store = open_store(replace(proxy.place, sse=sse, kms_key_id=key))
    assert store.create("new", b"ours")
    store.replace("new", b"other")
    upload(store, "large", b"x" * (9 << 20))
    # the parts of an upload are encrypted as its beginning says
    begun = [request for request in proxy.requests if request.method in ("PUT", "POST") and "uploadId=" not in request.target]
    assert len(begun) == 3
    assert {request.encryption for request in begun} == {(None if sse == "none" else sse, key)}


def test_a_conflict_decides_nothing_yet(proxy: Proxy, bucket: Bucket) -> None:
    store = open_store(proxy.place)
    proxy.once(1, "conflict")
    assert store.create("1.json", b"ours")
    proxy.once(1, "taken")
    assert not store.create("2.json", b"ours")
    assert open_store(bucket).read("2.json") is None


@pytest.mark.parametrize(
    ("kind", "message", "hint"),
    [
        ("expired", "the credentials have expired", "AWS_SESSION_TOKEN"),
        ("denied", "access denied", "s3:"),
        ("unknown_key", "does not know the access key", "AWS_ACCESS_KEY_ID"),
        ("wrong_secret", "the secret does not belong to the access key", "AWS_SECRET_ACCESS_KEY"),
        ("skewed", "clock is too far", "NTP"),
        ("elsewhere", "another region", "set lake.region to its own"),
        ("malformed", "another region", "set lake.region to eu-central-1"),
        ("unknown", "does not know this request", "If-None-Match"),
        ("slow_down", "busy or cannot be reached (HTTP 503, SlowDown, asked", "the next run goes on"),
        ("cut_before", "busy or cannot be reached", "the next run goes on"),
    ],
)
def test_what_does_not_pass_is_an_error_with_the_next_step_and_without_a_secret(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, kind: str, message: str, hint: str
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", replace(HASTY, limit=0.1))
    store = open_store(proxy.place)
    proxy.always(kind)
    for name in ("read", "create", "replace", "list", "delete", "upload"):
        with pytest.raises(LakeError) as said:
            OPERATIONS[name](store)
        assert message in said.value.message
        assert hint in str(said.value.hint)
        assert str(said.value.where).startswith(f"s3://{proxy.place.name}/the lake")
        assert not any(secret in str(said.value) for secret in ("secret-of-the-test", "token-of-the-test", "Signature="))
    assert said.value.exit_code == 1


def test_a_refusal_without_a_word_is_a_matter_of_rights(proxy: Proxy) -> None:
    proxy.always("denied", "HEAD")
    with pytest.raises(LakeError, match="access denied"):
        open_store(proxy.place).exists("there")


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    store = open_store(replace(bucket, name="no-such-bucket"))
    for name in ("read", "create", "replace", "list", "upload"):
        with pytest.raises(LakeError, match="no bucket 'no-such-bucket'") as said:
            OPERATIONS[name](store)
        assert "lake.path" in str(said.value.hint)


def test_a_store_that_nobody_answers_for_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", replace(HASTY, limit=0.1))
    store = open_store(replace(bucket, endpoint="http://127.0.0.1:9", setting="sources.shop"))
    with pytest.raises(SourceError, match="drops of source 'shop'") as said:
        store.read("x")
    assert "http://127.0.0.1:9" in str(said.value.hint)


def test_what_is_fetched_is_what_was_listed(bucket: Bucket, tmp_path: Path) -> None:
    from fondaco.storage.bucket import BucketStore

    store = BucketStore(bucket)
    store.replace("a b/ä+%20.csv", b"first")
    (listed,) = store.listing("a b")
    assert store.fetch(listed, tmp_path / "x") and (tmp_path / "x").read_bytes() == b"first"
    store.replace("a b/ä+%20.csv", b"other")
    assert not store.fetch(listed, tmp_path / "x")
    store.delete(["a b/ä+%20.csv"])
    assert not store.fetch(listed, tmp_path / "x")


def test_every_answer_is_known() -> None:
    assert set(PASSING) - set(ANSWERS) == {"cut_before", "cut_after", "shortened", "silent"}
