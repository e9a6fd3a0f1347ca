"""System checks: `manage.py check` names every setting that is missing or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from standardwebhooks.webhooks import Webhook

from training_greeter import conf


@register()
def settings_are_complete(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that every project needs."""
    problems: list[CheckMessage] = [
        Error(f"TRAINING_GREETER_{name} is not set.", hint=hint, id=f"training_greeter.E00{number}")
        for number, (name, hint) in enumerate(
            [
                ("ENDPOINT_URL", "The token endpoint's address, such as https://greeter.example."),
                ("API_KEY", "The same value as the token endpoint's PLATFORM_API_KEY."),
                ("WEBHOOK_SECRET", "The same value as its OUTCOME_WEBHOOK_SECRET."),
                ("GREETING", "The dotted path of your function, such as users.greeting.greeting."),
            ],
            start=1,
        )
        if not conf.optional(name)
    ]
    problems += [
        Error(
            f"TRAINING_GREETER_{name} does not begin with http:// or https://.",
            hint="Such as https://greeter.example.com.",
            id="training_greeter.E007",
        )
        for name in ("ENDPOINT_URL", "PUBLIC_URL")
        if not conf.optional(name, "https://").startswith(("http://", "https://"))
    ]
    if conf.optional("GREETING"):
        try:
            conf.greeting_function()
        except ImproperlyConfigured as e:
            problems.append(Error(str(e), id="training_greeter.E005"))
    if conf.optional("WEBHOOK_SECRET"):
        try:
            for secret in conf.webhook_secrets():
                Webhook(secret)
        except (ValueError, RuntimeError):
            problems.append(
                Error(
                    "TRAINING_GREETER_WEBHOOK_SECRET is not a Standard Webhooks secret.",
                    hint='Create one: echo "whsec_$(openssl rand -base64 32)"',
                    id="training_greeter.E006",
                )
            )
    if 0 < len(conf.optional("JWT_SECRET")) < 32:
        problems.append(
            Warning(
                "TRAINING_GREETER_JWT_SECRET is shorter than 32 characters.",
                hint="Create one: openssl rand -hex 32",
                id="training_greeter.W001",
            )
        )
    return problems
