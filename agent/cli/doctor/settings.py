"""Settings: each name that is missing, malformed or misspelt, all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from agent.cli.doctor.finding import Finding, failed, ok, warning
from agent.cli.doctor.given import Given, known_names
from agent.cli.doctor.written import meant_by
from agent.core.addresses import is_private_host

_WHERE = {
    "LIVEKIT_URL": "set it to your project's address, like wss://your-project.livekit.cloud",
    "LIVEKIT_API_KEY": "take it from your LiveKit project, Settings, API keys",
    "LIVEKIT_API_SECRET": "take it from your LiveKit project, Settings, API keys: it is shown "
    "once, so make a new key where it is lost",
    "BEYOND_PRESENCE_API_KEY": "make one at app.bey.chat, Settings, API keys",
    "BEYOND_PRESENCE_AVATAR_ID": "take an avatar's id from app.bey.chat, Avatars",
    "DEEPGRAM_API_KEY": "make one at console.deepgram.com, API keys",
    "GOOGLE_API_KEY": "make one at aistudio.google.com, Get API key",
    "OUTCOME_WEBHOOK_SECRET": "whsec_ and the output of: openssl rand -base64 32",
    "PLATFORM_API_KEY": "16 characters or more: openssl rand -hex 24",
    "PLATFORM_JWT_SECRET": "32 bytes or more: openssl rand -base64 48",
}
_EXPLAINED = ".env.example explains it"


def check(given: Given) -> Iterator[Finding]:
    """Everything wrong with what is set, and with what is not."""
    for problem in given.file_problems:
        yield failed("settings.file", f".env {problem}", "mend it, or remove it")
    misspelt = dict(_misspelt(given))
    found = False
    for name, why in sorted(given.problems.items()):
        if name:
            found = True
            yield _wrong(name, why, misspelt)
    for sentence in given.problems.get("", "").splitlines():
        found = True
        name, fix = _of_sentence(sentence)
        yield failed(f"settings.{name}", sentence, fix)
    for wrong, meant in misspelt.items():
        if given.problems.get(meant) != "is missing":
            yield warning(
                f"settings.{wrong}",
                f"{wrong} is no setting, and is ignored",
                f"if {meant} is meant, rename it; otherwise remove it",
            )
    if given.overruled:
        yield warning(
            "settings.overruled",
            f"the environment overrules .env in {', '.join(given.overruled)}",
            "unset what is not meant: changes in .env have no effect on it",
        )
    if not (found or given.file_problems):
        count = len(known_names() & given.environ.keys())
        yield ok("settings", f"complete and well-formed: {count} are set, defaults for the rest")
    if not given.lacks("LIVEKIT_AGENT_NAME") and not given.worker.livekit_agent_name:
        yield warning(
            "worker.name",
            "LIVEKIT_AGENT_NAME is empty: every room of this LiveKit project is sent a greeter",
            "give it a name, unless the project holds nothing but training sessions",
        )
    if "endpoint" in given.parts and "CORS_ALLOWED_ORIGINS" not in given.problems:
        yield from _origins(given.endpoint.cors_allowed_origins)


def _wrong(name: str, why: str, misspelt: dict[str, str]) -> Finding:
    if why == "is missing":
        instead = [wrong for wrong, meant in misspelt.items() if meant == name]
        if instead:
            return failed(
                f"settings.{name}",
                f"{name} is missing, and {' and '.join(instead)} is no setting",
                f"rename {instead[0]} to {name}",
            )
        return failed(
            f"settings.{name}",
            f"{name} is missing",
            _WHERE.get(name, _EXPLAINED),
        )
    said = f"{name} {why}" if why[:1].islower() else f"{name}: {why}"
    return failed(f"settings.{name}", said, _WHERE.get(name, _EXPLAINED))


def _of_sentence(sentence: str) -> tuple[str, str]:
    """Which name to look up for what no single name is to blame for: the first it speaks of."""
    known = known_names()
    named = (word for word in re.findall(r"[A-Z][A-Z0-9_]+", sentence) if word in known)
    name = next(named, "several")
    return name, _WHERE.get(name, _EXPLAINED)


def _misspelt(given: Given) -> Iterator[tuple[str, str]]:
    """Names that are set and mean nothing, with the setting they look like, if that is not set."""
    known = known_names()
    for name in sorted(given.environ):
        meant = meant_by(name, known)
        if meant and given.environ.get(meant, "") == "":
            yield name, meant


def _origins(origins: list[str]) -> Iterator[Finding]:
    wrong = [origin for origin in origins if origin != "*" and not _is_origin(origin)]
    if not origins:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            "no page may call the endpoint from a browser",
            "set CORS_ALLOWED_ORIGINS to your pages' origins, unless only your backend calls it",
        )
    elif wrong:
        yield failed(
            "settings.CORS_ALLOWED_ORIGINS",
            f"{len(wrong)} of the {len(origins)} origins can match no page",
            "an origin is scheme and host alone, https://app.example.com: no path, no slash at "
            "the end",
        )
    elif "*" in origins:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            "every page on the internet may call the endpoint",
            "name your own pages' origins instead of *",
        )
    elif plain := [o for o in origins if _is_plain_public(o)]:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            f"{plain[0]} is not encrypted: its browser gives no page the microphone",
            "serve the page by https:// and name that origin",
        )


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and text == f"{parts.scheme}://{parts.netloc}"
    )


def _is_plain_public(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "http" and not is_private_host(parts.hostname or "")
