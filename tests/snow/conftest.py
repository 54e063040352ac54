"""A double of Snowflake, and a shop whose warehouse stands on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fondaco.settings import Settings, load_settings
from tests.snow.double.server import Double, double

#: How a shop's warehouse stands in its fondaco.yml.
FONDACO = """
version: 1
project: shop
business: {{timezone: Europe/Berlin, currency: EUR}}
sources: {{shop: {{type: demo, customers: 30, days: 12, seed: 7, path: shop.sqlite}}}}
lake: {{path: s3://acme-lake/shop, region: eu-central-1, access_key_id: AKIAEXAMPLE, secret_access_key: "${{LAKE_SECRET}}"}}
warehouse:
  type: snowflake
  snowflake:
    connection: {connection}
    build_users: [FONDACO]
    storage_role_arn: arn:aws:iam::111111111111:role/acme-lake-snowflake
    monthly_credits: 100
demo: true
pseudonym_secret: "${{PSEUDONYM_SECRET}}"
"""
SECRET = "the-secret-of-pseudonyms-of-the-test-0123456789"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key, as a service logs in with."""
    path = tmp_path_factory.mktemp("keys") / "rsa_key.p8"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    path.chmod(0o600)
    return path


@pytest.fixture
def account() -> Iterator[Double]:
    """An empty account."""
    with double() as found:
        yield found


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, key_file: Path) -> Callable[[Double], None]:
    """Writes connections for an account: `admin`, and `service`, which builds."""
    return lambda account: monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", connections(account, key_file))


def connections(account: Double, key_file: Path) -> str:
    """What connections.toml says of an account."""
    at = f'account = "acme-shop"\nhost = "127.0.0.1"\nport = {account.port}\nprotocol = "http"\n'
    at += f'authenticator = "SNOWFLAKE_JWT"\nprivate_key_file = "{key_file}"\n'
    return f'[admin]\nuser = "ADMIN"\n{at}[service]\nuser = "FONDACO"\n{at}'


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Settings]:
    """The settings of a shop, logging in by a connection."""

    def loaded(connection: str = "admin") -> Settings:
        return shop_in(tmp_path, connection)

    return loaded


def shop_in(folder: Path, connection: str) -> Settings:
    """The settings of a shop that stands in a folder."""
    file = folder / "fondaco.yml"
    file.write_text(FONDACO.format(connection=connection), encoding="utf-8")
    (folder / ".env").write_text(f"PSEUDONYM_SECRET={SECRET}\nLAKE_SECRET=the-secret-of-the-test\n", encoding="utf-8")
    return load_settings(file, None, {})
