"""Settings: every variable that is missing, invalid or misspelled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yarl import URL

from agent.cli.doctor.configuration import ALIASES, SECRETS, Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, warning
from agent.core.addresses import is_public_url
from agent.core.folders import exists
from agent.core.settings.spelling import known_names, misspelled

_FIXES = {
    "LIVEKIT_URL": "set it to your project's address, like wss://your-project.livekit.cloud",
    "LIVEKIT_API_KEY": "copy it from your LiveKit project, Settings, API keys",
    "LIVEKIT_API_SECRET": "copy it from your LiveKit project, Settings, API keys: it is shown "
    "once, so create a new key if it is lost",
    "BEYOND_PRESENCE_API_KEY": "create one at app.bey.chat, Settings, API keys",
    "BEYOND_PRESENCE_AVATAR_ID": "copy the id of an avatar from app.bey.chat, Avatars",
    "DEEPGRAM_API_KEY": "create one at console.deepgram.com, API keys",
    "GOOGLE_API_KEY": "create one at aistudio.google.com, Get API key",
    "OUTCOME_WEBHOOK_SECRET": "set it to whsec_ and the output of: openssl rand -base64 32",
    "PLATFORM_API_KEY": "16 characters or more: openssl rand -hex 24",
    "PLATFORM_JWT_SECRET": "32 bytes or more: openssl rand -base64 48",
}
_SEE = "see .env.example"


def check(config: Configuration) -> Iterator[CheckResult]:
    """Report every problem of the variables that are set, and of those that are missing."""
    file = config.file
    for problem in file.problems:
        yield failed("settings.file", f".env {problem}", "correct it, or remove it")
    for name in file.repeated:
        yield warning(
            "settings.file",
            f".env sets {name} more than once: the last line counts, even if it is empty",
            "remove the other lines",
        )
    if file.path and not exists(file.path) and "is missing" in config.problems.values():
        yield warning(
            "settings.file",
            f"there is no .env in {file.path.absolute().parent}",
            "run doctor in the folder of .env, where the process starts, or set the variables",
        )
    renamed = dict(misspelled(config.environ))
    for name, why in sorted(config.problems.items()):
        if name:
            yield _wrong(name, why, renamed)
    for sentence in config.problems.get("", "").splitlines():
        name = _setting_in(sentence)
        yield failed(f"settings.{name}", sentence, _FIXES.get(name, _SEE))
    for wrong, meant in renamed.items():
        if config.problems.get(meant) != "is missing":
            yield warning(
                f"settings.{wrong}",
                f"{wrong} is not a setting, and is ignored",
                f"rename it if you mean {meant}; otherwise remove it",
            )
    yield from _equal_secrets(config)
    known = known_names()
    if overridden := sorted(
        name for name in known & file.values.keys() if config.environ[name] != file.values[name]
    ):
        yield warning(
            "settings.overruled",
            f"the environment overrides .env in {', '.join(overridden)}",
            "unset them in the environment, or remove them from .env, which has no effect on them",
        )
    if not (config.problems or file.problems):
        count = len(known & config.environ.keys())
        yield ok("settings", f"complete and valid: {count} are set, the others have their defaults")
    if not config.lacks("LIVEKIT_AGENT_NAME") and not config.worker.livekit_agent_name:
        yield warning(
            "worker.name",
            "LIVEKIT_AGENT_NAME is empty: every room of this LiveKit project gets an agent",
            "set a name, unless the project has no other rooms than training sessions",
        )
    worker, usable = config.worker, not config.lacks("DRAIN_TIMEOUT_S", "MAX_GREETING_S")
    if "worker" in config.parts and usable and worker.drain_timeout_s < worker.max_greeting_s:
        yield warning(
            "settings.DRAIN_TIMEOUT_S",
            f"a worker that is stopped waits {worker.drain_timeout_s:g} s for greetings, which may "
            f"take {worker.max_greeting_s:g} s (MAX_GREETING_S): an update cuts them off",
            "raise DRAIN_TIMEOUT_S, and the time after which your supervisor kills the worker",
        )
    if "endpoint" in config.parts and "CORS_ALLOWED_ORIGINS" not in config.problems:
        yield from _origins(config.endpoint.cors_allowed_origins)


def _wrong(name: str, why: str, renamed: dict[str, str]) -> CheckResult:
    instead = [wrong for wrong, meant in renamed.items() if meant == name]
    if why == "is missing" and instead:
        return failed(
            f"settings.{name}",
            f"{name} is missing, and {' and '.join(instead)} is not a setting",
            f"rename {instead[0]} to {name}",
        )
    what = f"{name} {why}" if why[:1].islower() else f"{name}: {why}"
    return failed(f"settings.{name}", what, _FIXES.get(name, _SEE))


def _setting_in(sentence: str) -> str:
    """Return the first setting that the sentence names."""
    known = known_names()
    named = (word for word in re.findall(r"[A-Z][A-Z0-9_]+", sentence) if word in known)
    return next(named, "several")


def _equal_secrets(config: Configuration) -> Iterator[CheckResult]:
    """Find secrets with the same value: one was copied to the wrong place, or is reused."""
    names: dict[str, list[str]] = {}
    for name in sorted(SECRETS & config.environ.keys()):
        if config.environ[name] and ALIASES.get(name) not in config.environ:
            names.setdefault(config.environ[name], []).append(name)
    for equal in names.values():
        if len(equal) > 1:
            fix = "use a different secret for each"
            if (previous := f"{equal[0]}_PREVIOUS") in equal:
                fix = f"set {equal[0]} to the new secret, or remove {previous}"
            what = f"{' and '.join(equal)} have the same value"
            yield failed(f"settings.{equal[0]}", what, fix)


def _origins(origins: list[str]) -> Iterator[CheckResult]:
    wrong = [origin for origin in origins if origin != "*" and not _is_origin(origin)]
    if not origins:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            "no page may call the token endpoint from a browser",
            "set CORS_ALLOWED_ORIGINS to the origins of your pages, unless only your backend calls "
            "the endpoint",
        )
    elif wrong:
        yield failed(
            "settings.CORS_ALLOWED_ORIGINS",
            f"{len(wrong)} of the {len(origins)} origins cannot match any page: "
            + ", ".join(wrong[:3]),
            "write an origin as browsers send it, like https://app.example.com: in lower case, "
            "without *, a default port, a path or a slash at the end, and separated by commas",
        )
    elif "*" in origins:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            "every page on the internet may call the token endpoint",
            "list the origins of your pages instead of *",
        )
    elif plain := [o for o in origins if o.startswith("http:") and is_public_url(o)]:
        yield warning(
            "settings.CORS_ALLOWED_ORIGINS",
            f"{plain[0]} is not encrypted: browsers allow no microphone there",
            "serve the page over https://, and list that origin",
        )


def _is_origin(text: str) -> bool:
    """Return whether a browser may send this origin."""
    try:
        return "*" not in text and text == str(URL(text).origin())
    except ValueError:
        return False
