"""A warehouse that takes everything at once: `python -m tests.growth.warehouse` prints its port, and counts writes.

Small on purpose: what is measured is the portal.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from tests.serving import Serving, serve_forever

_ids = count(1)
LATENCY_MS = 0.0


class Taking(Serving):
    def serve(self, head: bytes, body: bytes) -> None:
        asyncio.get_running_loop().call_later(LATENCY_MS / 1000, self._answer)

    def _answer(self) -> None:
        self.say("201 Created", b'{"id": "w-%d"}' % next(_ids))


if __name__ == "__main__":
    LATENCY_MS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    asyncio.run(serve_forever(Taking))
