"""What the web server calls."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.sqlite import write_lock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A platform that sends webhooks, or a person, waits for the answer.
write_lock.go_first()
application = get_wsgi_application()
