"""Where files are kept, as a value: a folder of this machine, or a prefix of a bucket of an S3-compatible store."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fondaco.errors import ConfigError
from fondaco.settings import LakeSettings, StoredSettings

Encryption = Literal["none", "AES256", "aws:kms"]


@dataclass(frozen=True)
class Keys:
    """Credentials that were given in so many words; they are in no message."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Folder:
    """A folder of this machine.

    Attributes:
        setting: the block of fondaco.yml that says so, for errors to name: ``lake``, ``sources.shop``.
    """

    path: Path
    setting: str = "lake"

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Bucket:
    """The objects of a bucket whose keys begin with a prefix.

    Attributes:
        prefix: without slashes at its ends; empty is the whole bucket.
        endpoint: URL of the store; None is Amazon's for the region.
        path_style: whether the bucket stands in the path of a URL instead of the host's name; None: only where there is an endpoint.
        profile: of the AWS configuration files; None is the environment's choice.
        role_arn, external_id: a role to take on with the credentials found.
        keys: credentials in so many words, None to find them as every AWS tool does.
        sse, kms_key_id: how the store encrypts what is written; ``none`` leaves it to the bucket's default.
        setting: the block of fondaco.yml that says so, for errors to name.
    """

    name: str
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None
    path_style: bool | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    keys: Keys | None = field(default=None, repr=False)
    sse: Encryption = "none"
    kms_key_id: str | None = None
    setting: str = "lake"

    def __str__(self) -> str:
        return "/".join(["s3:/", self.name, *([self.prefix] if self.prefix else [])])

    @property
    def in_path(self) -> bool:
        """Whether URLs name the bucket in their path."""
        return self.endpoint is not None if self.path_style is None else self.path_style


Place = Folder | Bucket


def place_at(where: Path | str, setting: str = "lake") -> Place:
    """The place at a path, or at an ``s3://bucket/prefix`` URL with everything else left to the AWS configuration.

    Raises:
        ConfigError: the URL is of another kind or names no bucket.
    """
    if isinstance(where, Path) or "://" not in where:
        return Folder(Path(where).absolute(), setting)
    name, prefix = _parsed(where, setting)
    return Bucket(name, prefix, setting=setting)


def place_of(settings: StoredSettings, setting: str = "lake") -> Place:
    """The place that a block of fondaco.yml names. Raises ConfigError as `place_at` does."""
    if "://" not in settings.path:
        return Folder(Path(settings.path), setting)
    name, prefix = _parsed(settings.path, setting)
    secret, token = settings.secret_access_key, settings.session_token
    keys = None
    if settings.access_key_id is not None and secret is not None:
        keys = Keys(settings.access_key_id, secret.get_secret_value(), token.get_secret_value() if token else None)
    return Bucket(
        name,
        prefix,
        region=settings.region,
        endpoint=settings.endpoint.rstrip("/") if settings.endpoint else None,
        path_style=settings.path_style,
        profile=settings.profile,
        role_arn=settings.role_arn,
        external_id=settings.external_id,
        keys=keys,
        sse=settings.sse if isinstance(settings, LakeSettings) else "none",
        kms_key_id=settings.kms_key_id if isinstance(settings, LakeSettings) else None,
        setting=setting,
    )


def _parsed(url: str, setting: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    name, _, prefix = rest.partition("/")
    if scheme != "s3" or not name:
        raise ConfigError(
            f"{setting}.path is {url!r}, which is neither a folder nor s3://bucket/prefix",
            hint=f"set {setting}.path to a folder, or to s3://bucket/prefix with {setting}.endpoint for a store that is not Amazon's",
        )
    return name, prefix.strip("/")
