"""Vertex AI: credentials, and the address of the models in GOOGLE_CLOUD_LOCATION."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError
from google.auth.transport.requests import Request

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, skipped
from agent.core.folders import exists
from agent.core.settings import LlmSettings
from agent.speech.google_access import vertex_address

_CHECK: Final = "gemini.key"
_SCOPES: Final = ["https://www.googleapis.com/auth/cloud-platform"]
_TIMEOUT_S: Final = 8.0


def models_address(settings: LlmSettings) -> str:
    """Return the address of the models, without a slash at the end."""
    project, location = settings.google_cloud_project, settings.google_cloud_location
    return (
        f"{vertex_address(settings)}/v1beta1/projects/{project}/locations/{location}"
        "/publishers/google/models"
    )


async def access_token(config: Configuration) -> str | CheckResult:
    """Return a token of the service account or the machine, or what is wrong."""
    if unusable := config.lacks(
        *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")
    ):
        return skipped(_CHECK, unusable)
    path = config.worker.google_application_credentials
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await asyncio.to_thread(_request_token, path)
    except DefaultCredentialsError:
        what = (
            f"{path} is not a key of a service account" if path else "no Google credentials found"
        )
        fix = (
            "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account with the role "
            "Vertex AI User (roles/aiplatform.user)"
        )
        if path and not exists(Path(path)):
            what = f"{path} does not exist (GOOGLE_APPLICATION_CREDENTIALS)"
            fix = "correct the path; in a container, mount the file there"
    except RefreshError:
        what = "Google does not accept the service account's key"
        fix = "create a new key: this one was deleted, or the machine's clock is wrong"
    except PermissionError:
        what = f"this user may not read {path} (GOOGLE_APPLICATION_CREDENTIALS)"
        fix = "let the worker's user read it, or mount it with another mode"
    except (GoogleAuthError, OSError, TimeoutError, ValueError) as e:
        what = f"no token from Google ({type(e).__name__})"
        fix = "check the network, and HTTPS_PROXY, to oauth2.googleapis.com"
    return failed(_CHECK, what, fix)


def _request_token(path: str) -> str:
    if path:
        load: Any = google.auth.load_credentials_from_file
        credentials, _ = load(path, scopes=_SCOPES)
    else:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    credentials.refresh(Request())
    return str(credentials.token)
