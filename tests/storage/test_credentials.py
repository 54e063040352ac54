"""Keys are found as every AWS tool finds them, and what is missing is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.errors import ConfigError, LakeError
from fondaco.storage import Bucket
from fondaco.storage.credentials import Credentials

BARE = Bucket("acme", "lake")


def test_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "hidden"), ("AWS_SESSION_TOKEN", "token")):
        monkeypatch.setenv(name, value)
    keys = Credentials(BARE).now()
    assert (keys.access_key_id, keys.secret_access_key, keys.session_token) == ("key", "hidden", "token")
    assert "hidden" not in repr(keys) and "token'" not in repr(keys)


def test_a_profile_brings_keys_region_and_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile shop]\nregion = eu-west-3\nendpoint_url = http://store:9000\n")
    (tmp_path / "credentials").write_text("[shop]\naws_access_key_id = key\naws_secret_access_key = hidden\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    found = Credentials(replace(BARE, profile="shop"))
    assert (found.place.region, found.place.endpoint, found.now().access_key_id) == ("eu-west-3", "http://store:9000", "key")
    assert Credentials(replace(BARE, profile="shop", region="eu-west-1")).place.region == "eu-west-1"


def test_no_key_and_no_such_profile_are_named() -> None:
    with pytest.raises(ConfigError, match="no credentials for s3://acme/lake") as said:
        Credentials(BARE)
    assert "AWS_ACCESS_KEY_ID" in str(said.value.hint)
    with pytest.raises(ConfigError, match="no profile 'shop'") as said:
        Credentials(replace(BARE, profile="shop"))
    assert "lake.profile" in str(said.value.hint)


def test_a_role_is_taken_on_with_the_keys_that_were_found(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", str(bucket.endpoint))
    found = Credentials(replace(bucket, role_arn="arn:aws:iam::123456789012:role/lake", external_id="shop"))
    keys, own = found.now(), bucket.keys
    assert own is not None and keys.access_key_id != own.access_key_id
    assert keys.session_token
    assert found()["expires_at"] is not None


def test_a_role_that_cannot_be_taken_on_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(LakeError, match="gets no credentials") as said:
        Credentials(replace(bucket, role_arn="arn:aws:iam::123456789012:role/lake")).now()
    assert "secret-of-the-test" not in str(said.value)
