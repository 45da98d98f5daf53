"""Every setting of the portal, read from the environment; `.env.example` lists what an installation may set.

`PORTAL_ENV_FILE` names the file of settings to read (default `.env` beside manage.py; "" reads none). What
stands in the environment itself goes before the file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config.unfold import UNFOLD as UNFOLD
from integrations.partner_api.openapi import SPECTACULAR_SETTINGS as PARTNER_API

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()
if env_file := os.environ.get("PORTAL_ENV_FILE", str(ROOT / ".env")):
    env.read_env(env_file)

# Where an installation keeps what it makes for itself: database, cache, collected files.
VAR = Path(env.str("PORTAL_VAR", default=str(ROOT / "var")))

# --- Secrets --------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `python3 manage.py setup` writes a .env file with a random one; "
        "or set SECRET_KEY and SALT_KEY in the environment (.env.example says how to make them)."
    )
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
# Always a list: the first key encrypts, all decrypt, so that a key can be changed while old rows remain.
SALT_KEY: list[str] = env.list("SALT_KEY", default=[])

# --- Where the portal is reached ------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Where the web server listens. Loopback, until someone puts a TLS proxy in front or says otherwise.
BIND = env.str("BIND", default="127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# HTTPS=true once a TLS proxy stands in front: what must not happen over plain HTTP hangs on this one word.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
# Only where the proxy sets this header itself: otherwise a visitor could claim to come by HTTPS.
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whoever watches over the portal asks from within, by plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "crossdock_session"
CSRF_COOKIE_NAME = "crossdock_csrf"
CSRF_FAILURE_VIEW = "config.errors.forged"

# As people reach the portal, for the links in messages: https://portal.example.com.
PORTAL_ADDRESS = env.str(
    "PORTAL_ADDRESS", default=CSRF_TRUSTED_ORIGINS[0] if CSRF_TRUSTED_ORIGINS else f"http://{BIND}"
)

# The server that takes mail: smtp://user:password@mail.example.com:25, smtp+tls://…:587, smtp+ssl://…:465. Only here,
# never in a form; its socket passes the guard. Without one no mail is sent, and who wants to send some is told so.
MAIL_IS_SET = bool(env.str("EMAIL_URL", default=""))
if MAIL_IS_SET:
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_BACKEND = "integrations.http.mail.GuardedEmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="crossdock@localhost")

# Networks that are not public and yet may be called (a self-hosted ERP at 10.x). Only here, never in a form:
# whoever may edit a connection must not be able to reach the machine's own neighbours.
PRIVATE_NETWORKS: list[str] = env.list("PRIVATE_NETWORKS", default=[])
# The ports that may be called on public addresses; none named: those of web servers.
PUBLIC_PORTS: list[int] = env.list("PUBLIC_PORTS", cast=int, default=[])
# The one folder whose SQLite files may be connected, for the same reason only here; none named: none may.
SQLITE_FOLDER: str = env.str("SQLITE_FOLDER", default="")
# The one folder below which files (CSV, Parquet) may be read and written; none named: none may.
FILES_ROOT: str = env.str("FILES_ROOT", default="")

# --- Parts ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # unfold replaces the admin's templates and its site, so it stands before the admin.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "simple_history",
    "mappings",
    "integrations",
    "monitoring",
    # Behind integrations, whose `qcluster` goes before its own.
    "django_q",
    # Last: it takes back what others registered.
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "integrations.webhooks.middleware.WebhooksFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.frame.sign_in_frame",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------------------------

# Quoted: a folder's name may hold what an address cannot.
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{quote(str(VAR / 'portal.sqlite3'))}"
database: dict[str, Any] = env.db_url_config(DATABASE_URL)
# Without it every call of the queue connects anew: an eighth of the speed, measured.
database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
database["CONN_HEALTH_CHECKS"] = True
if database["ENGINE"] == "django.db.backends.sqlite3":
    database["ENGINE"] = "config.sqlite"
    database["OPTIONS"] = {
        # A transaction that read first cannot become a writer once another wrote: SQLite fails at once,
        # whatever the timeout. IMMEDIATE takes the write lock at the start, where waiting is possible.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: "delivered" must survive a power cut, or a write would be made twice.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=27103364;"
        ),
    }
elif database["ENGINE"] == "django.db.backends.postgresql":
    # What the address itself says goes first.
    database["OPTIONS"] = {
        # A host that is cut off learns it after so many (milli)seconds, and not when the network gives up, which
        # takes a quarter of an hour.
        "connect_timeout": 10,
        "tcp_user_timeout": 20_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        # ... and the server learns it as well: the transaction that such a host left open locks what the others
        # need. Our own transactions take milliseconds.
        "options": (
            "-c idle_in_transaction_session_timeout=20000 -c tcp_user_timeout=20000"
            " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
        ),
    } | database.get("OPTIONS", {})
DATABASES = {"default": database}

# --- Cache and queue ------------------------------------------------------------------------------

# Redis is comfort (a task starts after 2 ms instead of 100), not a need.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "config.redis.cache.SurvivingCache", "LOCATION": REDIS_URL}
    }
else:
    # Files: login limits hold only if all web processes share them, which memory is not; and in a database
    # cache the queue's own sign of life would cost two writes a second. Shared by the processes of ONE
    # machine: several web machines want REDIS_URL.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR / "cache"),
            "OPTIONS": {"MAX_ENTRIES": 5_000},
        }
    }

# Threads and tables do the work; a worker is one process that drains one job at a time.
WORKERS = env.int("WORKERS", default=4)
Q_CLUSTER: dict[str, Any] = {
    "name": "crossdock",
    "label": "Queue",
    "workers": WORKERS,
    # Never met in health: a task ends by its own deadline (TASK_SECONDS). Meeting it restarts the group.
    "timeout": 90,
    # The tables are the truth, so a redelivered task is only a spare bell. Must exceed timeout x 2 + 3, or
    # tasks that wait in memory behind another are handed out twice.
    "retry": 600,
    # A task that failed is not run again by the queue: attempts are counted on our own rows, at claim.
    "max_attempts": 1,
    # ... and is taken off the queue: otherwise it comes back at every `retry`, for ever.
    "ack_failures": True,
    # A schedule that was missed is run once, not once for every time it was missed.
    "catch_up": False,
    # No rows of results: the queue loads all that it keeps after every task (an eighth of the speed,
    # measured), and our own tables have the history.
    "save_limit": -1,
    # No more tasks in memory than workers: what waits there is lost with the process and its lease runs out.
    "queue_limit": WORKERS,
    # One task per look at the queue, for the same reason.
    "bulk": 1,
    # Seconds between looks at an empty queue: half of it is the usual delay of a bell.
    "poll": env.float("QUEUE_POLL", default=0.1),
    # Tasks after which a worker is replaced: bounds what a leak can hold.
    "recycle": 500,
    # KiB; the same bound for one greedy task, looked at between tasks.
    "max_rss": env.int("WORKER_MAX_KIB", default=512 * 1024),
    # Seconds between two looks of the guard at its children. Each look writes the cache, so not more often.
    "guard_cycle": 1,
    # Without this key Q_CLUSTER_NAME in the environment ends the process with a KeyError.
    "ALT_CLUSTERS": {},
}
if REDIS_URL:
    Q_CLUSTER["redis"] = REDIS_URL
    Q_CLUSTER["broker_class"] = "config.redis.queue.RedisQueue"
else:
    Q_CLUSTER["orm"] = "default"

# Seconds after which a task ends by itself and rings for another: half of the queue's timeout, because a call
# that was just begun may take 30 s more.
TASK_SECONDS = 45.0
# Seconds a worker holds a batch without a sign of life: short enough that the work of a dead worker is soon taken
# up. Where a single call to the destination may take longer, the lease is as much longer.
LEASE_SECONDS = env.float("LEASE_SECONDS", default=60.0)

# A run in which nothing moves for this long, although it could, is told to a person.
# Who reads /metrics says so in its Authorization header. Empty: nobody may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
STALLED_AFTER_MINUTES = env.int("STALLED_AFTER_MINUTES", default=10)

# Called, in order, each time the queue starts: each makes or mends the schedule of its part. Few and fixed,
# because one bad row stops all schedules.
SCHEDULES = ["integrations.sync.reap.install_schedule", "monitoring.schedules.install"]

# --- How long facts are kept ----------------------------------------------------------------------

# Days; 0: for ever. They go in small slices, while everything works. The hourly figures are kept for ever.
# What was sent and how it ended: the proof of each write, without its content.
KEEP_INTENTS_DAYS = env.int("KEEP_INTENTS_DAYS", default=14)
# The history of each record, and the rows behind the dashboard's numbers (at least 31 days).
KEEP_OUTCOMES_DAYS = env.int("KEEP_OUTCOMES_DAYS", default=365)
# Settled ones hold no payload any more; who looks for what happened lately finds them.
KEEP_BATCHES_DAYS = env.int("KEEP_BATCHES_DAYS", default=14)
# Runs that ended, once none of their outcomes is kept.
KEEP_RUNS_DAYS = env.int("KEEP_RUNS_DAYS", default=90)
# Webhooks that were processed, with their bodies: the time in which they can be replayed.
KEEP_EVENTS_DAYS = env.int("KEEP_EVENTS_DAYS", default=30)
# A partner that repeats a call gets the first answer for so long.
KEEP_PARTNER_ANSWERS_DAYS = env.int("KEEP_PARTNER_ANSWERS_DAYS", default=30)
# What settled errors hold of the record and of the answers. The errors themselves are kept.
KEEP_ERROR_CONTENT_DAYS = env.int("KEEP_ERROR_CONTENT_DAYS", default=90)
# The books are for years of reports, and have no personal data: they are kept unless somebody says otherwise.
KEEP_BOOKS_DAYS = env.int("KEEP_BOOKS_DAYS", default=0)

# --- People ---------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "config.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
# Addresses are entered by an administrator, and an installation need not send mail.
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Crossdock"

# --- Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
# Times are kept in UTC, whatever the zone in which the pages show them.
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_THOUSAND_SEPARATOR = True

# --- Files and pages ------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The admin's pages work with Alpine, which makes functions of the expressions in its attributes.
        "script-src": [SELF, UNSAFE_EVAL],
        # unfold writes the theme's colours into a <style> of the page.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# What the badge in the admin's header says: demo, staging, production …
PORTAL_ENVIRONMENT = env.str("PORTAL_ENVIRONMENT", default="production")

# --- Interfaces -----------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    # Each view of the partner API names what it allows; what names nothing is closed.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
# The description of the partner API stands beside its views; docs/openapi.yaml is made from it.
SPECTACULAR_SETTINGS: dict[str, Any] = PARTNER_API

# --- Log ------------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"redacting": {"()": "integrations.http.redact.RedactingFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["redacting"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # At INFO the queue writes three lines for each bell, and bells ring each second.
    "loggers": {"django-q": {"level": env.str("QUEUE_LOG_LEVEL", default="WARNING")}},
}
