"""Keys of a bucket, found as every AWS tool finds them: environment, profile, single sign-on, web identity, container, machine.

botocore finds and renews them. The same keys go to obstore, which writes, and to DuckDB, which reads in place.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fondaco.errors import ConfigError
from fondaco.storage.faults import told
from fondaco.storage.place import Bucket, Keys

if TYPE_CHECKING:
    import botocore.credentials
    import botocore.session

#: Keys that can end are asked for again after so long; botocore renews them when a quarter of an hour is left.
_FRESH = timedelta(minutes=5)
#: Where nothing says another one: what AWS tools take, and what most stores that are not Amazon's ignore.
_REGION = "us-east-1"


class Credentials:
    """The keys to one bucket.

    Args:
        place: the bucket; what it leaves open is filled in from the AWS profile in force.

    Attributes:
        place: the bucket with its region and endpoint.

    Raises:
        ConfigError: there is no such profile, no key at all, or botocore is not installed.
    """

    def __init__(self, place: Bucket) -> None:
        self.place = place
        self._fixed = place.keys if place.role_arn is None else None
        self._found: botocore.credentials.Credentials | None = None
        if self._fixed is None or place.region is None or place.endpoint is None:
            with self._explained():
                session = _session(place)
                self.place = _completed(place, session)
                if self._fixed is None:
                    self._found = _credentials(self.place, session)

    def now(self) -> Keys:
        """The keys that are good now. Raises LakeError (SourceError for drops) if they cannot be renewed."""
        if self._fixed is not None:
            return self._fixed
        assert self._found is not None
        with self._explained():
            keys = self._found.get_frozen_credentials()
            return Keys(str(keys.access_key), str(keys.secret_key), keys.token)

    def __call__(self) -> dict[str, Any]:
        """As obstore asks for them."""
        keys = self.now()
        ends = datetime.now(UTC) + _FRESH if self._fixed is None else None
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.session_token,
            "expires_at": ends,
        }

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            import botocore.exceptions as said
        except ImportError as error:
            raise ConfigError(
                f"{self.place} needs botocore, which finds the credentials of S3",
                hint="install it with: pip install 'fondaco[s3]', or say access_key_id and secret_access_key as ${NAME}, "
                f"with region and endpoint, below {self.place.setting}",
            ) from error
        setting = self.place.setting
        try:
            yield
        except said.ProfileNotFound as error:
            raise ConfigError(
                f"the AWS configuration has no profile {self.place.profile or 'of that name'!r}",
                hint=f"set {setting}.profile (or AWS_PROFILE) to one that `aws configure list-profiles` shows",
            ) from error
        except said.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            hint = f"let the credentials do sts:AssumeRole on it, in the role's trust policy too, or set {setting}.role_arn"
            raise told(self.place, f"cannot take on the role {self.place.role_arn} ({code})", str(self.place), hint) from None
        except said.BotoCoreError as error:
            # such as a sign-on that has ended, or a machine that hands out no keys; botocore's sentences hold no secret
            hint = f"log in again (aws sso login), or set {setting}.profile"
            raise told(self.place, f"gets no credentials: {error}", str(self.place), hint) from error


def _session(place: Bucket) -> botocore.session.Session:
    import botocore.session

    return botocore.session.Session(profile=place.profile)


def _completed(place: Bucket, session: botocore.session.Session) -> Bucket:
    profile = session.get_scoped_config()
    region = place.region or session.get_config_variable("region") or _REGION
    return replace(place, region=region, endpoint=place.endpoint or profile.get("endpoint_url"))


def _credentials(place: Bucket, session: botocore.session.Session) -> botocore.credentials.Credentials:
    import botocore.credentials as kinds

    found = kinds.Credentials(*_words(place.keys)) if place.keys is not None else session.get_credentials()
    if found is None:
        raise ConfigError(
            f"there are no credentials for {place}",
            hint="export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            f"or set AWS_PROFILE or {place.setting}.profile to a profile of the AWS configuration",
        )
    if place.role_arn is None:
        return found
    extra = {"RoleSessionName": "fondaco", **({"ExternalId": place.external_id} if place.external_id else {})}
    client = functools.partial(session.create_client, region_name=place.region)
    fetcher = kinds.AssumeRoleCredentialFetcher(client, found, place.role_arn, extra_args=extra)
    return kinds.DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)


def _words(keys: Keys) -> tuple[str, str, str | None]:
    return keys.access_key_id, keys.secret_access_key, keys.session_token
