"""Settings for every environment; what differs comes from the environment.

Read top to bottom: identity, apps, web, sign-in, data, time and words, files, mail,
tasks, security, product. COMM100_* are ours; DATABASE_URL, REDIS_URL and SMTP_URL are
the names every host uses. `bin/serve` fills in what is missing for one machine; without
COMM100_DEBUG nothing here has a default that would be unsafe on the internet.
"""

import os
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from environs import Env

from comm100.core.database import role_databases

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def required(name: str, what: str) -> str:
    """What has no safe default. Without it nothing starts, and one line says why."""
    return env.str(name, "") or sys.exit(f"{name} is not set. It is {what}.")


def three_numbers(name: str, usual: list[int]) -> list[int]:
    """Limits, each at least one: a slip must not leave a session without an end."""
    found: list[int] = env.list(name, usual, subcast=int)
    if len(found) != len(usual) or min(found) < 1:
        sys.exit(f"{name} is three numbers: minutes without use,hours in all,how many at once.")
    return found


def named_file(name: str) -> Path | None:
    """None where none is named; nothing starts with the name of a file that cannot be read."""
    path = Path(env.str(name, ""))
    if path.name and not os.access(path, os.R_OK):
        sys.exit(f"{name} names a file that cannot be read: {path}.")
    return path if path.name else None


def from_files(*names: str) -> None:
    """Secrets that stand in files, where a vault or the host puts them: `NAME_FILE` says where."""
    for name in names:
        path = named_file(f"{name}_FILE")
        if path:
            os.environ[name] = path.read_text().strip()


from_files("COMM100_SECRET_KEY", "COMM100_OLD_SECRET_KEYS", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
from_files("COMM100_IMAP_URLS", "COMM100_INBOUND_SECRET", "COMM100_METRICS_TOKEN")

# Identity -------------------------------------------------------------------
LOCAL = env.bool("COMM100_DEBUG", False)  # one machine, for trying and developing: no TLS
DEBUG = LOCAL and env.bool("COMM100_TRACEBACKS", False)  # Django's own pages for errors
SECRET_KEY = required("COMM100_SECRET_KEY", "long and random: `openssl rand -base64 48`")
# Keys of before: sessions and secrets at rest are still read with them (comm100/core/sealing.py).
SECRET_KEY_FALLBACKS: list[str] = env.list("COMM100_OLD_SECRET_KEYS", [])
HOST = env.str("COMM100_HOST", "127.0.0.1:8000" if LOCAL else "") or required(
    "COMM100_HOST", "the name under which people reach this: help.example.org"
)
COMPANY_NAME = env.str("COMM100_COMPANY", "Comm100" if LOCAL else "") or required(
    "COMM100_COMPANY", "the company's name, on every page and in every letter"
)
COMPANY_EMAIL = env.str("COMM100_COMPANY_EMAIL", f"hello@{HOST.split(':')[0]}")
# Told with the superusers when staff use their grants oddly: the data protection officer
DPO_EMAIL = env.str("COMM100_DPO_EMAIL", "")
# Who runs the machines (`name | country | what for`), and the hosts of others that we talk to
# (`host | name | country`), with ; between: shown at /privacy/subprocessors/.
HOSTING: list[str] = list(filter(None, env.list("COMM100_HOSTING", [], delimiter=";")))
SUBPROCESSORS: list[str] = list(filter(None, env.list("COMM100_SUBPROCESSORS", [], delimiter=";")))
# For how many days backups are kept; shown at /privacy/data-map/. 0: nobody said.
BACKUP_DAYS = env.int("COMM100_BACKUP_DAYS", 0)
DATA_DIR = Path(env.str("COMM100_DATA", str(BASE_DIR / "var"))).resolve()
DEMO = LOCAL and env.bool("COMM100_DEMO", False)  # the seeded demo: staff may sign in without MFA
ALLOWED_HOSTS = ["*"] if LOCAL else [HOST.split(":")[0], *env.list("COMM100_ALSO_HOSTS", [])]
AUTH_USER_MODEL = "accounts.User"
PUBLIC_URL = f"{'http' if LOCAL else 'https'}://{HOST}"

VERSION = "0.1.0"
COMMIT = env.str("COMM100_COMMIT", "")  # an image knows it from its build; else read from .git
SOURCE_URL = env.str("COMM100_SOURCE_URL", "") or None  # where people get the code that runs
METRICS_TOKEN = env.str("COMM100_METRICS_TOKEN", "")  # /metrics from other machines: Bearer …

# Apps: ours stand in floor order, ground floor first --------------------------
OUR_APPS = [
    "comm100.core",
    "accounts",
    "operators",
    "privacy",
    "visitors",
    "mail",
    "newsletter",
    "website",
]
INSTALLED_APPS = [
    *OUR_APPS,
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in place of ours
    "comm100.core.staff.StaffConfig",  # django.contrib.admin with our site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # its widget templates, for FORM_RENDERER
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "lucide",
    "django_prose_editor",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
]

# Web ------------------------------------------------------------------------
ROOT_URLCONF = "comm100.urls"
MIDDLEWARE = [
    "comm100.core.requests.NumberMiddleware",
    "comm100.core.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "comm100.core.refusals.RefusalMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.again.AgainMiddleware",
    "visitors.middleware.VisitMiddleware",  # after the transaction below
    "operators.middleware.SiteMiddleware",  # everything below runs in one transaction
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sessions.ActivityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATE_LOADERS: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)]
                    if not DEBUG
                    else TEMPLATE_LOADERS,
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "comm100.core.templatetags.rows",
                "comm100.core.templatetags.assets",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "comm100.core.http.page_facts",
                "visitors.middleware.choice_facts",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Sign-in --------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.OwnWordsValidator"},
    {"NAME": "accounts.stolen.StolenValidator"},
]
STOLEN_PASSWORDS = named_file("COMM100_STOLEN_PASSWORDS")  # accounts/stolen.py
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/sites/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_LOGIN_TIMEOUT = 10 * 60  # from the password to the second factor, or to that link
PASSWORD_RESET_TIMEOUT = 3600  # of the link in the letter
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if LOCAL else "https"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"contact": "5/m/ip,40/h/ip"}  # the company's contact form; allauth's stand
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = COMPANY_NAME
MFA_TOTP_TOLERANCE = 1  # step: typing takes time, and clocks differ (RFC 6238, 5.2)
MFA_FORMS = {
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
    "activate_totp": "accounts.second_factor.ActivateForm",
    "deactivate_totp": "accounts.second_factor.DeactivateForm",
    "add_webauthn": "accounts.second_factor.AddKeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_ADAPTER = "accounts.adapter.MfaAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("COMM100_PROXIES", 0)  # ours, in front of the web process
USERSESSIONS_TRACK_ACTIVITY = True
SESSION_ENGINE = "accounts.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie: P4.3
# How long sessions last (docs/security-rules.md): minutes without use, hours in all, and how many
# one person has at once. Owner: who owns or administers a site; user: everybody else.
SESSION_LIMITS = {
    "staff": three_numbers("COMM100_STAFF_SESSIONS", [30, 8, 3]),
    "owner": three_numbers("COMM100_OWNER_SESSIONS", [12 * 60, 7 * 24, 10]),
    "user": three_numbers("COMM100_USER_SESSIONS", [14 * 24 * 60, 30 * 24, 20]),
}

# Data -----------------------------------------------------------------------
# One database, one login role for each kind of work (docs/decisions/0002-roles.md).
DATABASE_URL = required("DATABASE_URL", "postgres://user:password@host/name")
DATABASES = role_databases(DATABASE_URL, SECRET_KEY)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL", "a Valkey or Redis server: redis://:password@host:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": env.str("COMM100_CACHE_PREFIX", "comm100"),
        "KEY_FUNCTION": "comm100.core.hiding.cache_key",
        "OPTIONS": {"serializer": "comm100.core.caching.JsonSerializer"},
        "VERSION": 2,  # the first ones were pickles
    }
}

# Time and words ---------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# Logs: short lines on stderr; who runs the processes says where they go ---------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "comm100.core.scrubbing.LineFormatter", "readable": LOCAL},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("COMM100_LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "accounts.entering": {"level": "INFO"},  # who came in, and who did not
    },
}

# Files ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("COMM100_STATIC", str(DATA_DIR / "static")))  # collectstatic
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT  # /tmp may be memory; made by comm100.core.apps

# Mail ---------------------------------------------------------------------------
EMAIL_BACKEND = "mail.backend.OutboxBackend"
UNKEPT_EMAIL_BACKEND = "mail.backend.UnkeptBackend"  # for the last letter to who is erased
SMTP_URL = required("SMTP_URL", "smtp://user:password@host:587/?tls=starttls, or smtps://…")
LETTERBOX = env.bool("COMM100_LETTERBOX", False)  # our own development inbox is the SMTP_URL
DEFAULT_FROM_EMAIL = f"{COMPANY_NAME} <{COMPANY_EMAIL}>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The right side of Message-ID and of the addresses that come back to us (VERP); an IP is none.
MAIL_HOST = env.str("COMM100_MAIL_HOST", "mail.localhost" if LOCAL else HOST.split(":")[0])
# Sending domains: name servers to ask ("9.9.9.9", "127.0.0.1:5353"; none: the system's), and
# whether new keys come with a second one for Ed25519 (RFC 8463): it needs a record of its own.
DNS_SERVERS: list[str] = env.list("COMM100_DNS_SERVERS", [])
DKIM_ED25519 = env.bool("COMM100_DKIM_ED25519", False)
# What comes back (docs/mail.md): names at MAIL_HOST where providers send reports, a certificate for
# STARTTLS, the secret of /mail/inbound/, mailboxes to read (imaps://user:password@host/INBOX).
INBOUND_NAMES = set(env.list("COMM100_INBOUND_NAMES", ["bounces", "fbl"]))
INBOUND_CERT = env.str("COMM100_INBOUND_CERT", "")
INBOUND_KEY = env.str("COMM100_INBOUND_KEY", "")
INBOUND_SECRET = env.str("COMM100_INBOUND_SECRET", "")
IMAP_URLS: list[str] = list(filter(None, env.list("COMM100_IMAP_URLS", [])))
REPLIES_HERE = env.bool("COMM100_REPLIES_HERE", True)  # Reply-To of mailings; False: the site's own

# Moderation (docs/mail.md): minutes between the first few of an unproven campaign and the rest, and
# the share of trusted sites' campaigns that a moderator looks at all the same.
CANARY_MINUTES = env.int("COMM100_CANARY_MINUTES", 15)
MODERATION_SAMPLE = env.float("COMM100_MODERATION_SAMPLE", 0.03)

MAIL_LEASE = env.int("COMM100_MAIL_LEASE", 30)  # seconds, of a dead worker's work (mail/leases.py)

# Tasks: carried by the broker, wake-ups only --------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ALWAYS_EAGER = env.bool("COMM100_TASKS_EAGER", False)  # tests only
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_DB_REUSE_MAX = sys.maxsize  # tasks: comm100/celery.py looks after connections
CELERY_TASK_DEFAULT_QUEUE = "marketing"
CELERY_TASK_ROUTES = {"*.transactional_*": {"queue": "transactional"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # it comes back some day; by default a worker gives up
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "global_keyprefix": env.str("COMM100_BROKER_PREFIX", ""),
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "comm100.beat:Schedule"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")
CELERY_BEAT_SCHEDULE: dict[str, Any] = {}  # each app adds its own in tasks.py (core/tasks.py)

# Visitors (docs/visitors.md): events of one site that are taken in a second, over ten seconds.
VISITS_PER_SECOND = env.int("COMM100_VISITS_PER_SECOND", 3_000)
# … and of them from one network, so that nobody else fills a site's counts: an office of a thousand
# people behind one address is well below it. 0: no limit.
VISITS_PER_ADDRESS = env.int("COMM100_VISITS_PER_ADDRESS", 50)

# Security -------------------------------------------------------------------------
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_NAME = "session" if LOCAL else "__Host-session"
VISITOR_COOKIE = "v" if LOCAL else "__Host-v"  # a random id and choices, nothing else (P4.3)
CSRF_COOKIE_NAME = "csrftoken" if LOCAL else "__Host-csrf"
CSRF_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.again.csrf_failed"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "SAMEORIGIN"  # our own pages frame previews
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # it asks for DENY
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "manifest-src": [SELF],
    }
}

# Staff admin ------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {  # its colours stand in static/css/staff.css
    "SITE_TITLE": f"{COMPANY_NAME} staff",
    "SITE_HEADER": f"{COMPANY_NAME} staff",
    "SITE_SYMBOL": "shield_person",
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda _: static("favicon.svg")}],
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda _: static("css/staff.css")],
    "DASHBOARD_CALLBACK": "comm100.core.staff.first_page",
    "SIDEBAR": {"navigation": "comm100.core.staff.side_bar"},
}

# Product ----------------------------------------------------------------------------
COMPANY_SLUG = "company"
UPLOAD_LIMIT = env.int("COMM100_UPLOAD_LIMIT", 300 * 2**20)  # bytes, one CSV
