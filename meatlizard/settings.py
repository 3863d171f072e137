"""Settings, read from environment variables (and ``.env``); each is named with its meaning in ``.env.example``.

A secret may also come from a file named by ``<NAME>_FILE``. What is unsafe together is refused by :mod:`meatlizard.checks`.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from meatlizard import environment as parse
from meatlizard import languages
from meatlizard.ops.logs import logging_config
from meatlizard.settings_backups import *  # noqa: F403  (each a setting)
from meatlizard.settings_env import BASE_DIR, env
from meatlizard.settings_operation import *  # noqa: F403  (each a setting)
from meatlizard.settings_operation import LOG_DIR, LOG_FILES, OPERATION_APPS
from meatlizard.settings_pastes import *  # noqa: F403  (each a setting)
from meatlizard.settings_transcripts import *  # noqa: F403  (each a setting)
from meatlizard.settings_video import *  # noqa: F403  (each a setting)
from meatlizard.settings_video import VIDEO_BUCKET_ORIGIN
from meatlizard.storage.bucket import client_config

# --- where, for whom ----------------------------------------------------------------------------------------------------

SITE_URL_GIVEN = bool(env("SITE_URL", default=""))
SITE_URL = parse.origin("SITE_URL", env("SITE_URL", default="") or "http://127.0.0.1:8000")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
HTTPS = SITE_URL.startswith("https://")
LOOPBACK = parse.is_loopback(SITE_HOST)
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env("VAR_DIR", default="") or BASE_DIR / "var")
MULTIPROCESS = env.bool("MULTIPROCESS", default=bool(env("REDIS_URL", default="")))
TRUSTED_PROXIES = parse.networks("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", default=[]))
REGISTRATION = env("REGISTRATION", default="open")

ALLOWED_HOSTS = [
    SITE_HOST, *(["localhost", "127.0.0.1", "[::1]"] if LOOPBACK else []), *env.list("ALLOWED_HOSTS", default=[])
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- secrets ------------------------------------------------------------------------------------------------------------

UNSET = "unset"
"""Stands for a missing secret, so that commands can run and say what is missing; the checks refuse to serve with it."""

SECRET_KEY = env("SECRET_KEY", default="") or UNSET
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
INFERENCE_SERVER_KEY = env("INFERENCE_SERVER_KEY", default="")
DISCORD_TOKEN = env("DISCORD_TOKEN", default="")
DISCORD_IN_SITE = env.bool("DISCORD_IN_SITE", default=True)
DISCORD_API_URL = parse.endpoint(
    "DISCORD_API_URL", env("DISCORD_API_URL", default="") or "https://discord.com/api/v10", "http"
)
DISCORD_GATEWAY_URL = parse.endpoint(
    "DISCORD_GATEWAY_URL", env("DISCORD_GATEWAY_URL", default="") or "wss://gateway.discord.gg", "ws"
)
DISCORD_CDN_URL = parse.endpoint(
    "DISCORD_CDN_URL", env("DISCORD_CDN_URL", default="") or "https://cdn.discordapp.com", "http"
)
DISCORD_CLIENT_ID = env("DISCORD_CLIENT_ID", default="")
DISCORD_CLIENT_SECRET = env("DISCORD_CLIENT_SECRET", default="")
DISCORD_SIGN_IN = bool(DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET)

# --- the work -----------------------------------------------------------------------------------------------------------

TOOL_APPROVAL_SECONDS = parse.positive("TOOL_APPROVAL_SECONDS", env.int("TOOL_APPROVAL_SECONDS", default=24 * 60 * 60))
QUEUE_MAX_WAITING = parse.positive("QUEUE_MAX_WAITING", env.int("QUEUE_MAX_WAITING", default=50))
TOKEN_BUDGETS = env.bool("TOKEN_BUDGETS", default=True)
SUMMARY_AT = parse.percent("SUMMARY_AT", env.int("SUMMARY_AT", default=70))
LEASE_SECONDS = parse.positive("LEASE_SECONDS", env.int("LEASE_SECONDS", default=60))
NODE_HEARTBEAT_SECONDS = parse.positive("NODE_HEARTBEAT_SECONDS", env.int("NODE_HEARTBEAT_SECONDS", default=5))
GENERATION_MAX_ATTEMPTS = parse.positive("GENERATION_MAX_ATTEMPTS", env.int("GENERATION_MAX_ATTEMPTS", default=3))
SHARE_LINKS = parse.one_of("SHARE_LINKS", env("SHARE_LINKS", default="true").lower(), ("true", "members", "false"))
LINKS_FOR = parse.one_of("LINKS_FOR", env("LINKS_FOR", default="members").lower(), ("members", "staff"))
LINK_INTERSTITIAL = parse.one_of(
    "LINK_INTERSTITIAL", env("LINK_INTERSTITIAL", default="off").lower(), ("off", "unknown", "all")
)  # fmt: skip
LINK_DNT = env.bool("LINK_DNT", default=True)
LINK_CLICK_DAYS = env.int("LINK_CLICK_DAYS", default=90)
GEOIP_DATABASE = env("GEOIP_DATABASE", default="")
PROMPT_LAYERS = env.bool("PROMPT_LAYERS", default=True)
PERSONA_REVIEW = env.bool("PERSONA_REVIEW", default=False)
ATTACHMENT_MAX_BYTES = parse.positive("ATTACHMENT_MAX_BYTES", env.int("ATTACHMENT_MAX_BYTES", default=10_000_000))
FILES_TRASH_DAYS = parse.positive("FILES_TRASH_DAYS", env.int("FILES_TRASH_DAYS", default=30))
ARTIFACT_HOURS = env.int("ARTIFACT_HOURS", default=12)
ARTIFACT_MODEL = env.bool("ARTIFACT_MODEL", default=False)
ARTIFACT_SCRIPTS = env.bool("ARTIFACT_SCRIPTS", default=False)
CONTENT_HOST = parse.host("CONTENT_HOST", env("CONTENT_HOST", default=""))
CONTENT_URL = f"{'https' if HTTPS else 'http'}://{CONTENT_HOST}" if CONTENT_HOST else ""
FILES_SENT_BY = parse.one_of(
    "FILES_SENT_BY", env("FILES_SENT_BY", default="site").lower(), ("site", "x-accel-redirect", "x-sendfile")
)  # fmt: skip
FILES_BLOCKED = [value.strip().lower() for value in env.list("FILES_BLOCKED", default=[]) if value.strip()]
CLAMD_URL = parse.scanner("CLAMD_URL", env("CLAMD_URL", default=""))
CLAMD_MAX_BYTES = parse.positive("CLAMD_MAX_BYTES", env.int("CLAMD_MAX_BYTES", default=25_000_000))
CLAMD_AWAY = parse.one_of("CLAMD_AWAY", env("CLAMD_AWAY", default="wait").lower(), ("wait", "allow"))
S3_DOWNLOADS = parse.one_of("S3_DOWNLOADS", env("S3_DOWNLOADS", default="proxy").lower(), ("proxy", "redirect"))
EMBEDDING_PYTHON = env("EMBEDDING_PYTHON", default="")
FETCH_LINKS = env.bool("FETCH_LINKS", default=True)
FETCH_ROBOTS = env.bool("FETCH_ROBOTS", default=True)
SEARXNG_URL = parse.service("SEARXNG_URL", env("SEARXNG_URL", default=""))
BRAVE_SEARCH_KEY = env("BRAVE_SEARCH_KEY", default="")
TAVILY_KEY = env("TAVILY_KEY", default="")
SEARCH_PROVIDERS = parse.chosen(
    "SEARCH_PROVIDERS",
    env.list("SEARCH_PROVIDERS", default=[]),
    {"searxng": SEARXNG_URL, "brave": BRAVE_SEARCH_KEY, "tavily": TAVILY_KEY},
)
MCP_COMMANDS = env.list("MCP_COMMANDS", default=[])
MARKOV_CORPUS = env("MARKOV_CORPUS", default="")
JOBS_IN_SITE = env.bool("JOBS_IN_SITE", default=True)
TASKS: dict[str, dict[str, Any]] = {
    # Any queue: see meatlizard.jobs.lanes.
    "default": {"BACKEND": env("TASKS_BACKEND", default="") or "meatlizard.jobs.backend.JobsBackend", "QUEUES": []}
}

# --- the parts ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Only for its `runserver`: importing Twisted costs every other command 20 MB and half a second.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "meatlizard.ops",
    *OPERATION_APPS,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *(["allauth.socialaccount.providers.discord"] if DISCORD_SIGN_IN else []),
    "django.forms",
    "django_tasks",
    "meatlizard.accounts",
    "meatlizard.budgets",
    "meatlizard.storage",
    "meatlizard.jobs",
    "meatlizard.moderation",
    "meatlizard.vectors",
    "meatlizard.api",
    "meatlizard.control",
    "chat",
    "discordbridge",
    "shortener",
    "paste",
    "files",
    "video",
]
# Our own are for sync only, the innermost among them: so the whole stack runs in the request's one thread, and no middleware is
# reached by a change between event loop and thread.
MIDDLEWARE = [
    "meatlizard.ops.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "meatlizard.security.headers.MoreHeaders",
    "csp.middleware.CSPMiddleware",
    "meatlizard.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "meatlizard.security.headers.NoStore",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "meatlizard.ops.middleware.Maintenance",
    "meatlizard.accounts.acting_middleware.Acting",
    "meatlizard.control.middleware.Services",
    "meatlizard.moderation.middleware.Standing",
    "meatlizard.error_pages.AppErrors",
]
ROOT_URLCONF = "meatlizard.urls"
ASGI_APPLICATION = "meatlizard.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "meatlizard.accounts.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ---------------------------------------------------------------------------------------------------------------

REDIS_URL = env("REDIS_URL", default="")
DATABASES = {
    "default": parse.database(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"), VAR_DIR)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "ml"}
    if REDIS_URL
    # Large: who fills a small one up could push the counters of rate limits out of it.
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "ml"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
S3_BUCKET = env("S3_BUCKET", default="")
S3_ENDPOINT_URL = env("S3_ENDPOINT_URL", default="")
S3_REGION = env("S3_REGION", default="")
S3_ACCESS_KEY_ID = env("S3_ACCESS_KEY_ID", default="")
S3_SECRET_ACCESS_KEY = env("S3_SECRET_ACCESS_KEY", default="")
_S3: dict[str, Any] = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": S3_ENDPOINT_URL or None,
    "region_name": S3_REGION or None,
    "access_key": S3_ACCESS_KEY_ID,
    "secret_key": S3_SECRET_ACCESS_KEY,
    "default_acl": None,
    "file_overwrite": False,
    "querystring_auth": True,
    # Otherwise a file that is read lies in memory, however long it is.
    "max_memory_size": 8 << 20,
    **({"client_config": client_config()} if S3_BUCKET else {}),
}
MEDIA_ROOT = VAR_DIR / "media"
INCOMING_DIR = VAR_DIR / "incoming"
# On the same file system as the media: what is made there is moved, not copied.
MAKING_DIR = VAR_DIR / "making"
STORAGE = parse.one_of("STORAGE", env("STORAGE", default="") or ("s3" if S3_BUCKET else "local"), ("local", "s3"))
# Both by name: contents of files are read from wherever they lie, and can be moved from one to the other.
_PLACES: dict[str, dict[str, Any]] = {
    "local": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    **({"s3": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _S3}} if S3_BUCKET else {}),
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": _PLACES.get(STORAGE, _PLACES["local"]),
    **_PLACES,
    "staticfiles": {"BACKEND": "meatlizard.static_files.StaticStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default="") or BASE_DIR / "var" / "static")
STATICFILES_DIRS = [path for path in [BASE_DIR / "frontend" / "dist"] if path.is_dir()]
# Without collected files, from a fresh checkout or in tests, they are served from where they lie.
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").is_file()
WHITENOISE_ALLOW_ALL_ORIGINS = False
# A front server that sends files itself reads them as a member of the site's group.
FILE_UPLOAD_PERMISSIONS = 0o600 if FILES_SENT_BY == "site" else 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = None if FILES_SENT_BY == "site" else 0o750

# --- mail ---------------------------------------------------------------------------------------------------------------

HAS_MAIL = bool(env("EMAIL_URL", default=""))
# The console would print links that reset passwords; without mail nothing is sent at all.
_MAIL = env.email_url("EMAIL_URL", default="") if HAS_MAIL else {}
EMAIL_BACKEND = _MAIL.pop("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST = _MAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_MAIL.get("EMAIL_USE_TLS", False))
EMAIL_USE_SSL = bool(_MAIL.get("EMAIL_USE_SSL", False))
EMAIL_FILE_PATH = _MAIL.get("EMAIL_FILE_PATH") or None
EMAIL_TIMEOUT = 20
NOTICE_MAIL_MINUTES = parse.positive("NOTICE_MAIL_MINUTES", env.int("NOTICE_MAIL_MINUTES", default=15))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("EMAIL_FROM", default="") or f"MeatLizard <no-reply@{SITE_HOST}>"

# --- people -------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_ADAPTER = "meatlizard.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {"signup": "meatlizard.accounts.forms.SignupForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*" if HAS_MAIL else "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if HAS_MAIL else "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[MeatLizard] "
ACCOUNT_EMAIL_NOTIFICATIONS = HAS_MAIL
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "root", "system", "meatlizard", "support"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/5m/ip,5/5m/key", "signup": "20/h/ip"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# A site without mail can verify no address, and second factors must not wait for that.
MFA_ALLOW_UNVERIFIED_EMAIL = not HAS_MAIL
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "MeatLizard"
# Browsers allow passkeys on http://localhost, as a secure context; the library asks to be told.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOOPBACK
USERSESSIONS_TRACK_ACTIVITY = False  # it would write to the database at every request
SOCIALACCOUNT_ADAPTER = "meatlizard.accounts.adapters.SocialAccountAdapter"
# Somebody else's claim to an address must never open an account here: accounts are joined by their owner, signed in.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_FORMS = {"signup": "meatlizard.accounts.forms.SocialSignupForm"}
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS = {
    "discord": {
        "APP": {"client_id": DISCORD_CLIENT_ID, "secret": DISCORD_CLIENT_SECRET},
        "SCOPE": ["identify", "email"],
    }
}

# --- what browsers are told ---------------------------------------------------------------------------------------------

_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "meatlizard.error_pages.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# W021 asks to be preloaded into browsers for good: the owner of the domain decides that, by hand.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *([CONTENT_URL] if CONTENT_URL else [])],
        "media-src": [SELF, *filter(None, [CONTENT_URL, VIDEO_BUCKET_ORIGIN])],
        "font-src": [SELF],
        "connect-src": [SELF, *filter(None, [CONTENT_URL, VIDEO_BUCKET_ORIGIN])],
        # One script and no other may stand between the pages and the site.
        "worker-src": [f"{SITE_URL}/sw.js"],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *(["https://discord.com"] if DISCORD_SIGN_IN else [])],
    }
}

# --- language, time, logs -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = languages.WRITTEN_IN
# The first goes before the second: an operator adds a language, or changes words, without touching the program.
LOCALE_PATHS = [VAR_DIR / "locale", BASE_DIR / "locale"]
LANGUAGES = languages.spoken(LOCALE_PATHS)
USE_I18N = True
FORMAT_MODULE_PATH = ["meatlizard.formats"]
USE_TZ = True
TIME_ZONE = "UTC"
LOG_FORMAT = parse.one_of(
    "LOG_FORMAT", env("LOG_FORMAT", default="") or ("json" if HTTPS else "console"), ("json", "console")
)
LOG_LEVEL = parse.one_of(
    "LOG_LEVEL", env("LOG_LEVEL", default="INFO").upper(), ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL, LOG_DIR if LOG_FILES else None)
