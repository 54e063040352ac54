"""Files in a folder of this machine or in a bucket of an S3-compatible store, by the same few calls.

place.py        where, as a value: a folder, or a bucket with its endpoint, region, credentials' origin and encryption
store.py        what a place can do, as a protocol, and the one call that opens it
folder.py       objects in a folder: synced to disk before anything names them
bucket.py       objects in a bucket: created once, uploaded in parts, asked again while the store is busy
patience.py     how long a busy store is asked again
credentials.py  keys as every AWS tool finds them, the same for us and for the engine, renewed before they expire
engine.py       what DuckDB needs to read a bucket: extensions that come as wheels, and a secret that ends with the connection
probe.py        whether a place keeps what a lake needs, tried out
faults.py       what a store said, as an error with the next step
"""

from __future__ import annotations

from fondaco.storage.engine import Access, admit, explained, extension
from fondaco.storage.faults import engine_error, storage_error
from fondaco.storage.place import Bucket, Folder, Keys, Place, place_at, place_of
from fondaco.storage.store import Object, Store, open_store

__all__ = [
    "Access",
    "Bucket",
    "Folder",
    "Keys",
    "Object",
    "Place",
    "Store",
    "admit",
    "engine_error",
    "explained",
    "extension",
    "open_store",
    "place_at",
    "place_of",
    "storage_error",
]
