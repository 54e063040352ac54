"""What a store said, as an error with the next step."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass

import duckdb

from fondaco.errors import FondacoError, LakeError, SourceError
from fondaco.storage.place import Bucket, Folder, Place

_HINTS = {
    errno.ENOSPC: "free some space; nothing was committed and the next run goes on from here",
    errno.EDQUOT: "the quota is used up: free some space; the next run goes on from here",
    errno.EFBIG: "the system allows no larger file (ulimit -f); the next run goes on from here",
    errno.EACCES: "grant this user write access to the folder, or set {setting}.path to another",
    errno.EPERM: "grant this user write access to the folder, or set {setting}.path to another",
    errno.EROFS: "the file system is read-only: mount it for writing, or set {setting}.path to another",
    errno.ENOTDIR: "{setting}.path goes through something that is no folder: set it to another",
    errno.EEXIST: "{setting}.path is no folder: set it to another",
}


def storage_error(error: Exception, verb: str, where: str, place: Place) -> FondacoError:
    """What the system said about a place, with the next step where it is known: a LakeError, for drops a SourceError."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((known for known in _HINTS if os.strerror(known) in str(error)), None)
    reason = os.strerror(number) if number is not None else str(error).splitlines()[0]
    hint = _HINTS[number].format(setting=place.setting) if number in _HINTS else None
    return told(place, f"cannot {verb} a file: {reason}", where, hint)


def told(place: Place, what: str, where: str, hint: str | None) -> FondacoError:
    """The error of a place: a LakeError of the lake, a SourceError of a source's drops."""
    kind, _, name = place.setting.partition(".")
    if kind == "sources":
        return SourceError(f"the drops of source {name!r}: {what}", where=where, hint=hint)
    return LakeError(f"the lake {what}", where=where, hint=hint)


@dataclass(frozen=True)
class Said:
    """What an S3 store answered, as far as a message of obstore or DuckDB tells.

    Attributes:
        status: of HTTP; None if there was no answer.
        code: S3's own word, such as ``SlowDown``; a HEAD has none.
        region: where the bucket is, if the store says so.
    """

    status: int | None
    code: str | None
    region: str | None

    @classmethod
    def of(cls, error: Exception) -> Said:
        text = str(error)
        if "redirect without LOCATION" in text:
            return cls(301, "PermanentRedirect", None)
        status = re.search(r"status code: (\d{3})|\(HTTP (\d{3})|HTTP code (\d{3})", text)
        code = re.search(r"<Code>([\w.]+)</Code>", text) or re.search(r"^(\w+): ", text, re.MULTILINE)
        region = re.search(r"<Region>([\w-]+)</Region>|expecting '([\w-]+)'", text)
        number = next((group for group in status.groups() if group), None) if status else None
        return cls(int(number) if number else None, code[1] if code else None, next(filter(None, region.groups())) if region else None)

    @property
    def is_busy(self) -> bool:
        """Whether the same request may be answered later: no answer, one that broke off, throttling, or a failure of the store."""
        if self.code in ("RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "SlowDown"):
            return True
        return self.status is None or self.status in (408, 429) or (self.status >= 500 and self.status != 501)

    @property
    def words(self) -> str:
        """``HTTP 503, SlowDown``."""
        return ", ".join(filter(None, [f"HTTP {self.status}" if self.status else None, self.code])) or "no answer"


def bucket_error(error: Exception, verb: str, where: str, place: Bucket, *, asked: int = 1) -> FondacoError:
    """What an S3 store answered, with the next step. Nothing of the request is repeated, so no secret can be.

    Args:
        asked: how often it was asked.
    """
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return storage_error(error, verb, where, place)
    said = Said.of(error)
    reason, hint = _meaning(said, verb, place)
    if reason is None:
        text = _first_words(error) if said.status is None else said.words
        reason, hint = (
            f"cannot {verb} an object: {text}",
            "see what the store says of it; what was committed counts, and the next run goes on",
        )
    if said.is_busy:
        times = f", asked {asked} times" if asked > 1 else ""
        reason = f"cannot {verb} an object: the store is busy or cannot be reached ({_first_words(error) if said.status is None else said.words}{times})"
        hint = (
            f"see whether {_endpoint(place)} is up and reachable from here; what was committed counts, and the next run goes on from there"
        )
    return told(place, reason, where, hint)


#: What a call needs to be allowed, by what it does.
_RIGHTS = {"read": "s3:GetObject", "write": "s3:PutObject", "create": "s3:PutObject", "list": "s3:ListBucket", "delete": "s3:DeleteObject"}


def _meaning(said: Said, verb: str, place: Bucket) -> tuple[str | None, str | None]:
    setting = place.setting
    match said.code:
        case "NoSuchBucket":
            return f"has no bucket {place.name!r} at {_endpoint(place)}", f"create it, or set {setting}.path or {setting}.endpoint"
        case "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException" | "RequestExpired":
            return "cannot be reached: the credentials have expired", "log in again (aws sso login), or renew AWS_SESSION_TOKEN"
        case "InvalidAccessKeyId" | "InvalidToken" | "InvalidClientTokenId" | "UnrecognizedClientException":
            return (
                f"cannot be reached: the store does not know the access key ({said.code})",
                f"see AWS_ACCESS_KEY_ID, AWS_PROFILE or {setting}.profile, and whether {setting}.endpoint is the store that gave the key",
            )
        case "SignatureDoesNotMatch":
            return "cannot be reached: the secret does not belong to the access key", f"see AWS_SECRET_ACCESS_KEY or {setting}.profile"
        case "RequestTimeTooSkewed":
            return "cannot be reached: this machine's clock is too far from the store's", "set the clock (NTP), then run again"
        case "PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect" | "IllegalLocationConstraintException":
            found = f" {said.region}" if said.region else " its own"
            return f"is in another region than {place.region}: {place.name!r}", f"set {setting}.region to{found}"
        case "NotImplemented":
            return (
                f"cannot {verb} an object: the store does not know this request",
                "use a store that honours If-None-Match on PUT; `fondaco doctor lake` says whether yours does",
            )
        case "InvalidBucketName":
            return f"has a bucket name that S3 does not allow: {place.name!r}", f"set {setting}.path"
    if said.code is not None and said.code.startswith("KMS"):
        return f"cannot {verb} an object: the encryption key refuses ({said.code})", f"see {setting}.kms_key_id and the rights on that key"
    if said.status == 301:
        return f"is in another region than {place.region}: {place.name!r}", f"set {setting}.region to its own"
    if said.status == 501:
        return f"cannot {verb} an object: the store does not know this request", "use a store that honours If-None-Match on PUT"
    if said.status in (401, 403):
        right = _RIGHTS.get(verb, "s3:ListBucket")
        return (
            f"cannot {verb} an object: access denied ({said.words})",
            f"allow {right} on {place} to these credentials (docs/how-to/lake-on-s3.md has the policy), or set {setting}.profile to others",
        )
    return None, None


def _endpoint(place: Bucket) -> str:
    return place.endpoint or f"Amazon S3 in {place.region}"


def _first_words(error: Exception) -> str:
    """What a transport said, without the address and what follows."""
    line = str(error).splitlines()[0]
    return line.rpartition(" - ")[2][:200]


def engine_error(error: duckdb.Error, place: Place) -> FondacoError | None:
    """What the engine met while it read a place, as an error with the next step; None if it was about something else."""
    text = str(error)
    if isinstance(place, Folder):
        if not isinstance(error, duckdb.IOException) or str(place.path) not in text:
            return None
        return told(place, f"cannot be read: {text.splitlines()[0]}", str(place), "restore the file from a backup; nothing else is lost")
    if not isinstance(error, duckdb.IOException) or f"{place.name}/" not in text:
        return None
    found = re.search(r"s3://[^'\"]+", text)
    where = found[0] if found else str(place)
    if Said.of(error).status == 404:
        return told(place, "lost an object that a commit names", where, "restore it from a backup or from the bucket's versions")
    return bucket_error(error, "read", where, place)
