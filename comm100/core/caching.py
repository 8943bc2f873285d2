"""How values stand in the cache: as JSON, so that nothing is unpickled that stood outside of us."""

import json
from typing import Any

NOTHING = b"null"


class JsonSerializer:
    """For `CACHES["default"]["OPTIONS"]["serializer"]`; whole numbers as they are, to be counted.

    What JSON cannot say is kept as nothing: who asks makes it anew, as when it was forgotten.
    """

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:  # not True
            return value
        try:
            return json.dumps(value).encode()
        except TypeError:
            return NOTHING

    def loads(self, stored: bytes) -> Any:
        return json.loads(stored)
