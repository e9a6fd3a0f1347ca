"""Show the greeting of a session: `{% training_greeter session.pk %}`."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.middleware.csrf import get_token
from django.template import Context
from django.urls import reverse

from training_greeter import conf

register = template.Library()


@register.inclusion_tag("training_greeter/element.html", takes_context=True)
def training_greeter(
    context: Context, session_id: Any, continue_url: str = "", locale: str = "", name: str = ""
) -> dict[str, Any]:
    """Render the element `<training-greeter>` and its script.

    The page calls this project's view, and sends Django's CSRF token with it. The template needs
    the request in its context. The script has the nonce of the page's Content Security Policy, if
    Django's context processor `csp` or django-csp provides one.

    Args:
        session_id: the training session: an integer, a UUID or text.
        continue_url: where Continue leads if the token endpoint cannot be reached.
        locale: BCP 47 tag of the page's first language; the greeting's own replaces it.
        name: the trainee's name in the heading.
    """
    request = context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            "{% training_greeter %} needs the request: use render(request, …), and the context "
            "processor django.template.context_processors.request"
        )
    # Both are lazy, and Django's is false until it is used.
    nonce = context.get("csp_nonce", getattr(request, "csp_nonce", None))
    return {
        "script_url": f"{conf.public_url()}/static/greeter.js",
        "endpoint_url": reverse("training_greeter:greeting", args=[str(session_id)]),
        "headers": json.dumps({"X-CSRFToken": get_token(request)}),
        "continue_url": continue_url,
        "locale": locale,
        "name": name,
        "nonce": "" if nonce is None else str(nonce),
    }
