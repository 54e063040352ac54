"""Objects in a bucket: whole or not at all, created once, uploaded in parts, asked again while the store is busy."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, NotFoundError, PreconditionError
from obstore.store import S3Store

from fondaco.storage import patience
from fondaco.storage.credentials import Credentials
from fondaco.storage.faults import Said, bucket_error, told
from fondaco.storage.place import Bucket
from fondaco.storage.store import Object

T = TypeVar("T")

#: Bytes of one part of an upload, and parts on their way at the same time: what an upload holds in memory.
_PART, _PARTS = 8 << 20, 4
#: Small objects asked for at the same time: a store answers one after some 30 ms, and as many as are asked for.
_AT_ONCE = 16


class BucketStore:
    """The objects of a bucket below a prefix.

    Args:
        place: the bucket, which must exist.

    Raises:
        ConfigError: there are no credentials for it.
    """

    is_shared = True

    def __init__(self, place: Bucket) -> None:
        self._credentials = Credentials(place)
        self.place = self._credentials.place
        self._patience = patience.PATIENCE
        # a repetition must be known to have been one, so obstore repeats nothing by itself, parts of uploads aside
        self._once = self._opened({"max_retries": 0, "retry_timeout": timedelta(seconds=self._patience.limit)})
        self._parts = self._opened(self._patience.of_parts())
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def scratch(self) -> Path:
        """Removed when the process ends."""
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="fondaco-")
        return Path(self._scratch.name)

    def read(self, path: str) -> bytes | None:
        try:
            return self._asked("read", path, lambda: bytes(obstore.get(self._once, path).bytes()))
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> list[bytes | None]:
        if len(paths) < 2:
            return [self.read(path) for path in paths]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.read, paths))

    def create(self, path: str, data: bytes) -> bool:
        """A request whose answer was lost may have been carried out: then the object that is there is our own, or it is not."""
        is_unsure, asked, last = False, 0, Exception()
        for number in self._patience.attempts():
            asked = number
            try:
                self._put_new(path, data)
                return True
            except AlreadyExistsError as error:
                if Said.of(error).status != 409:
                    return is_unsure and self.read(path) == data
                last = error  # another writer is at it: who wins is not decided yet
            except (BaseError, OSError) as error:
                if not self._is_busy(error):
                    raise self._explained(error, "create", path) from None
                is_unsure, last = True, error
        raise self._explained(last, "create", path, asked) from None

    def replace(self, path: str, data: bytes) -> None:
        self._found("write", path, lambda: obstore.put(self._once, path, data, mode="overwrite"))

    def exists(self, path: str) -> bool:
        try:
            self._asked("read", path, lambda: obstore.head(self._once, path))
        except FileNotFoundError:
            return False
        return True

    def listing(self, prefix: str = "", after: str | None = None) -> Iterator[Object]:
        def listed() -> list[Object]:
            found = (item for page in obstore.list(self._once, prefix or None, offset=after) for item in page)
            return sorted(Object(item["path"], item["size"], item["last_modified"].astimezone(UTC), item["e_tag"]) for item in found)

        yield from self._found("list", prefix, listed)

    def delete(self, paths: Sequence[str]) -> None:
        if paths:
            self._found("delete", paths[0], lambda: obstore.delete(self._once, list(paths)))

    @contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        """A local file that is uploaded in parts, then removed. Nobody sees an object before its last part is there."""
        spool = self.scratch / uuid.uuid4().hex
        try:
            yield spool
            self._found("write", path, lambda: obstore.put(self._parts, path, spool, chunk_size=_PART, max_concurrency=_PARTS))
        finally:
            spool.unlink(missing_ok=True)

    def fetch(self, found: Object, to: Path) -> bool:
        """Writes the very bytes that were listed to a local file; False if the object has changed or gone since."""

        def fetched() -> bool:
            options: Any = {"if_match": found.version} if found.version else None
            try:
                with to.open("wb") as file:
                    for piece in obstore.get(self._once, found.path, options=options).stream():
                        file.write(piece)
            except PreconditionError:
                return False
            if to.stat().st_size != found.size:
                raise BaseError("fewer bytes came than were promised")
            return True

        try:
            return self._asked("read", found.path, fetched)
        except FileNotFoundError:
            return False

    def sync(self, paths: Sequence[str]) -> None:
        """An object that was answered for lasts."""

    def url(self, path: str) -> str:
        return f"{self.place}/{path}"

    @contextmanager
    def alone(self, path: str) -> Iterator[None]:  # noqa: ARG002 (a bucket has no locks)
        yield

    def close(self) -> None:
        """Removes what was kept on this machine."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch.name, ignore_errors=True)

    def _opened(self, retry: dict[str, Any]) -> S3Store:
        place = self.place
        wait = self._patience
        options: dict[str, Any] = {
            "allow_http": (place.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=min(10.0, wait.silence)),
            "read_timeout": timedelta(seconds=wait.silence),
            # of a whole request: a large object may take long, as long as something comes
            "timeout": timedelta(hours=2),
        }
        encryption: dict[str, Any] = {}
        if place.sse != "none":
            encryption["server_side_encryption"] = place.sse
        if place.kms_key_id is not None:
            encryption["sse_kms_key_id"] = place.kms_key_id
        return S3Store(
            place.name,
            prefix=place.prefix or None,
            region=place.region,
            endpoint=_endpoint(place),
            virtual_hosted_style_request=not place.in_path,
            # one by one: not every store knows how to delete many at once
            disable_bulk_delete=True,
            credential_provider=self._credentials,
            client_options=options,
            retry_config=retry,
            **encryption,
        )

    def _put_new(self, path: str, data: bytes) -> None:
        self._credentials.now()
        obstore.put(self._once, path, data, mode="create")

    def _found(self, verb: str, path: str, do: Callable[[], T]) -> T:
        """As `_asked`, where there is nothing that could be missing but the bucket."""
        try:
            return self._asked(verb, path, do)
        except FileNotFoundError as error:
            raise self._explained(error, verb, path) from None

    def _asked(self, verb: str, path: str, do: Callable[[], T]) -> T:
        """What `do` gives; it may be done twice. Raises FileNotFoundError as it comes, else an explained error."""
        asked, last = 0, Exception()
        for number in self._patience.attempts():
            asked = number
            self._credentials.now()  # says what is wrong with the keys in our words
            try:
                return do()
            except (NotFoundError, FileNotFoundError) as error:
                code = Said.of(error).code
                if code == "NoSuchBucket":
                    raise self._explained(error, verb, path) from None
                if code != "NoSuchUpload":
                    raise FileNotFoundError(path) from None
                last = error  # the answer to an upload's end was lost and the end was asked for again: upload anew
            except (BaseError, OSError) as error:
                if not self._is_busy(error):
                    raise self._explained(error, verb, path) from None
                last = error
        raise self._explained(last, verb, path, asked) from None

    def _is_busy(self, error: Exception) -> bool:
        if isinstance(error, (InvalidPathError, OSError)):
            return False
        return Said.of(error).is_busy

    def _explained(self, error: Exception, verb: str, path: str, asked: int = 1) -> Exception:
        if isinstance(error, InvalidPathError):
            what = f"holds an object whose name has an empty part, '.' or '..': {str(error).splitlines()[0]}"
            return told(self.place, what, self.url(path), "rename it, or set another prefix")
        return bucket_error(error, verb, self.url(path), self.place, asked=asked)


def _endpoint(place: Bucket) -> str:
    """The store's URL, always in so many words: obstore would else look for one in places where the engine does not."""
    if place.endpoint is not None:
        return place.endpoint if place.in_path else place.endpoint.replace("://", f"://{place.name}.", 1)
    domain = "amazonaws.com.cn" if str(place.region).startswith("cn-") else "amazonaws.com"
    host = f"s3.{place.region}.{domain}"
    return f"https://{host}" if place.in_path else f"https://{place.name}.{host}"
