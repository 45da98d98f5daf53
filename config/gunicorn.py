"""gunicorn's settings. Threads, because the portal waits for its database more than it computes."""

from __future__ import annotations

import gc
import os
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Seconds without a sign of life after which a web process is replaced.
timeout = 60
graceful_timeout = 20
# Requests after which a process is replaced, spread so that not all leave at once.
max_requests = 5_000
max_requests_jitter = 500
# The addresses hold the webhooks' secret paths: no access log of ours writes them down.
accesslog = None
proc_name = "crossdock-web"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """What was loaded at the start stays: the garbage collector need not walk through it during requests."""
    gc.collect()
    gc.freeze()
