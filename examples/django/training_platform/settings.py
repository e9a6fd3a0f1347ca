"""Settings of the example platform. The part for training-greeter is at the end."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def required(*names: str) -> list[str]:
    """Return the values of these environment variables; one error names all that are missing."""
    if missing := [name for name in names if not os.environ.get(name)]:
        raise ImproperlyConfigured(f"set {', '.join(missing)} (see examples/django/README.md)")
    return [os.environ[name] for name in names]


BASE_DIR = Path(__file__).resolve().parent.parent

[SECRET_KEY] = required("DJANGO_SECRET_KEY")
DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "training_greeter",
    "users",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "training_platform.urls"
WSGI_APPLICATION = "training_platform.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DJANGO_DB", BASE_DIR / "db.sqlite3"),
        # Concurrent deliveries of one outcome wait for each other instead of failing.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
LOGIN_REDIRECT_URL = "/admin/"
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"training_greeter": {"handlers": ["console"], "level": "INFO"}},
}

# ---- training-greeter: the values are the same as in its .env -----------------------------------
TRAINING_GREETER_ENDPOINT_URL, TRAINING_GREETER_API_KEY, TRAINING_GREETER_WEBHOOK_SECRET = required(
    "ENDPOINT_URL", "PLATFORM_API_KEY", "OUTCOME_WEBHOOK_SECRET"
)
TRAINING_GREETER_GREETING = "users.greeting.greeting"
# Only if browsers call the token endpoint themselves.
TRAINING_GREETER_JWT_SECRET = os.environ.get("PLATFORM_JWT_SECRET", "")
