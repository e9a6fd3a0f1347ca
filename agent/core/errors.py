"""All errors that this product raises on purpose.

TrainingGreeterError
├── ConfigError            a setting is missing or has an unusable value
├── StartupError           the worker cannot start: refused credentials, LiveKit not reachable
├── JobMetadataError       the metadata of a dispatch or a request cannot be read
├── ScriptError            a script in prompts/ is missing or cannot be rendered
├── StoreError             the store (SQLite or Redis) cannot be reached or read
├── PlatformKeysError      the platform's published keys (JWKS) cannot be fetched or used
├── LiveKitError           LiveKit's server API refused a call or was not reachable
├── RecordingError         a recording cannot be made, stored or deleted
├── WebhookError           the platform did not accept an outcome
├── BillError              Beyond Presence does not say how long its sessions took
└── AvatarError            Beyond Presence did not provide an avatar
    ├── AvatarRejected     it refused the request
    └── AvatarTimeout      the avatar did not join in time

Errors of vendor libraries are translated in the module that uses the library.
"""

from __future__ import annotations


class TrainingGreeterError(Exception):
    """Base of all errors raised on purpose. The text is written for an operator."""


class ConfigError(TrainingGreeterError):
    """The text lists all settings that are missing or unusable."""


class StartupError(TrainingGreeterError):
    """The worker cannot start; the text says what to do."""


class JobMetadataError(TrainingGreeterError):
    """The job metadata is not a JSON object of a supported version."""


class ScriptError(TrainingGreeterError):
    """A script is missing, malformed, or uses a name that is not available."""


class StoreError(TrainingGreeterError):
    """The store could not be read or written."""


class PlatformKeysError(TrainingGreeterError):
    """The platform's JWKS could not be fetched or used, so its tokens cannot be verified."""


class LiveKitError(TrainingGreeterError):
    """`status` (of HTTP) and `code` (such as `unavailable`) are empty if there was no answer."""

    def __init__(self, reason: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class RecordingError(TrainingGreeterError):
    """The text says what to check and contains no secret."""


class WebhookError(TrainingGreeterError):
    """The text says what to check, without a secret; `status` is None if there was no answer."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class BillError(TrainingGreeterError):
    """Beyond Presence does not say how long its sessions took. The text says what to check."""


class UnreadableSessionError(BillError):
    """Beyond Presence's answer about one session cannot be read; others may be readable."""


class AvatarError(TrainingGreeterError):
    """Beyond Presence did not provide an avatar; the greeting continues by voice."""


class AvatarRejected(AvatarError):
    """Beyond Presence refused the request; `body` is the start of its answer, for the log."""

    def __init__(self, status: int, advice: str, body: str = "") -> None:
        super().__init__(f"Beyond Presence answered {status}: {advice}")
        self.status = status
        self.body = body


class AvatarTimeout(AvatarError):
    """The avatar did not join or publish in time."""
