"""The warehouse on Snowflake, over the lake on S3.

door.py      connections, as connections.toml says them; nobody else opens Snowflake
"""

from __future__ import annotations

from fondaco.warehouse.snowflake.door import Snowflake, opened

__all__ = ["Snowflake", "opened"]
