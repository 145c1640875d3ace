"""Django's settings. Everything that differs between machines comes from the environment (playground/environment.py)."""

import os
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from playground import environment

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIRECTORY = BASE_DIR / ".run"
NODE_MODULES = BASE_DIR / "node_modules"

DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.secret_key(RUN_DIRECTORY)
HTTPS = environment.flag("HTTPS")
TRUST_PROXY = environment.flag("TRUST_PROXY")
REDIS_URL = os.environ.get("REDIS_URL", "")
DASK_SCHEDULER = os.environ.get("DASK_SCHEDULER", "")
environment.refuse_processes_without_redis(REDIS_URL)

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# Full origins (scheme, host, port) that may use the site besides the one it is served from.
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS", [])

ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "lucide",
    "playground",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "playground.middleware.ErrorsAsJson",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
            "libraries": {"page": "playground.templatetags.page"},
        },
    }
]

# --- storage -------------------------------------------------------------------------------------------------------

DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", ""), BASE_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = environment.channel_layers(REDIS_URL)

# --- static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Single folders of npm packages, not all of node_modules: what is listed is published.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/joint", NODE_MODULES / "@joint/core/dist"),
    ("vendor/plotly", NODE_MODULES / "plotly.js-cartesian-dist-min"),
    ("vendor/dagre", NODE_MODULES / "@dagrejs/dagre/dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "playground.static_files.HashedFiles"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- languages -----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("bg", "Български")]
LOCALE_PATHS = [BASE_DIR / "playground" / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- security ------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        # Plotly and JointJS write style attributes and one <style>.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None

# A visitor is a signed cookie: no account, and no row in the database for somebody who only looks.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 365 * 24 * 3600
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "playground.errors.csrf_failure"
LANGUAGE_COOKIE_SECURE = HTTPS

# Larger bodies are refused before they are read; playground/limits.py has the smaller limits behind this one.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
SILENCED_SYSTEM_CHECKS = [] if HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]

# Dask sets up its own loggers when it is imported, here and in its workers.
os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "critical")

# --- logs ----------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_secrets": {"()": "playground.logs.MaskSecrets"}},
    "formatters": {"plain": {"()": "playground.logs.MaskingFormatter", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["mask_secrets"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {
        "playground": {"level": os.environ.get("LOG_LEVEL", "INFO")},
        "django": {"handlers": [], "propagate": True},
    },
}
