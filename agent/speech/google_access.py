"""How Gemini is reached: the Gemini API with a key, or Vertex AI in one location.

Imports no plugin, so that `doctor` can use it.
"""

from __future__ import annotations

from typing import Any, Final

from agent.core.settings import LlmSettings

_MULTI_REGIONS: Final = {"eu", "us"}


def google_access(settings: LlmSettings) -> dict[str, Any]:
    """Return the arguments of Google's clients and of the plugin.

    `vertexai` is always given: otherwise the plugin reads GOOGLE_GENAI_USE_VERTEXAI itself, and
    without a location uses one in the United States.
    """
    if settings.google_genai_use_vertexai:
        return {
            "vertexai": True,
            "project": settings.google_cloud_project,
            "location": settings.google_cloud_location,
        }
    return {"vertexai": False, "api_key": settings.google_api_key.get_secret_value()}


def vertex_address(settings: LlmSettings) -> str:
    """Return the address that Google's client uses for the location.

    https://docs.cloud.google.com/gemini-enterprise-agent-platform/resources/locations
    """
    location = settings.google_cloud_location
    if settings.google_vertex_base_url:
        return settings.google_vertex_base_url
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"
