"""Every error this product raises on purpose.

TrainingGreeterError
├── ConfigError            the environment lacks something or holds something unusable
├── StartupError           the worker cannot serve: refused credentials, unreachable LiveKit
├── JobMetadataError       a dispatch (or a request) carries metadata we cannot read
├── ScriptError            a script in prompts/ is missing or does not render
├── StoreError             the small store cannot be reached or read
├── PlatformKeysError      the platform's published keys cannot be had
├── LiveKitError           LiveKit's API refused or could not be reached
├── RecordingError         a greeting cannot be recorded, or its recording not be kept or deleted
├── WebhookError           the platform did not take an outcome (carries the HTTP status, if any)
└── AvatarError            Beyond Presence could not give us an avatar
    ├── AvatarRejected     it answered no (carries the HTTP status)
    └── AvatarTimeout      it did not answer, or the avatar did not join, in time

Vendor errors are translated in the module that knows the vendor.
"""

from __future__ import annotations


class TrainingGreeterError(Exception):
    """Base of all errors raised on purpose; its text is fit for an operator to read."""


class ConfigError(TrainingGreeterError):
    """The environment lacks a name or holds a value that cannot be used; lists all of them."""


class StartupError(TrainingGreeterError):
    """The worker cannot serve; its text says what to do."""


class JobMetadataError(TrainingGreeterError):
    """Job metadata that is not JSON, not an object, or of a version we do not know."""


class ScriptError(TrainingGreeterError):
    """A script is missing, malformed or uses a name that is not given."""


class StoreError(TrainingGreeterError):
    """The store could not be read or written."""


class PlatformKeysError(TrainingGreeterError):
    """The platform's JWKS could not be fetched or read; nobody can tell a good token from a bad."""


class LiveKitError(TrainingGreeterError):
    """LiveKit's server API refused a call or could not be reached in time.

    Args:
        status: the HTTP status it answered with; None where it did not answer.
        code: its own word for it, `unavailable` for one; empty where it did not answer.
    """

    def __init__(self, reason: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class RecordingError(TrainingGreeterError):
    """A recording cannot be made, kept or deleted; its text says what to look at, and no secret."""


class WebhookError(TrainingGreeterError):
    """The platform did not take an outcome; its text says what to look at, and no secret.

    Args:
        status: the HTTP status it answered with; None where it did not answer.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class AvatarError(TrainingGreeterError):
    """Beyond Presence could not give us an avatar; the greeting goes on by voice."""


class AvatarRejected(AvatarError):
    """Beyond Presence answered no.

    Args:
        status: the HTTP status it answered with.
        advice: what the operator should do about it, one sentence.
        body: the start of its answer, capped, for the log.
    """

    def __init__(self, status: int, advice: str, body: str = "") -> None:
        super().__init__(f"Beyond Presence answered {status}: {advice}")
        self.status = status
        self.body = body


class AvatarTimeout(AvatarError):
    """Beyond Presence did not answer, or its avatar did not join, in time."""
