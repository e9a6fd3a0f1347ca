"""The end of the trainee's turn: its local detector, and the early reply to it."""

from __future__ import annotations

from typing import Any

from livekit.agents import AgentSession, inference
from livekit.agents.inference.eot.languages import LOCAL_LANGUAGES


class LocalTurnDetector(inference.TurnDetector):
    """LiveKit's detector of the end of a turn that runs in this process, with lower thresholds.

    As released it logs a warning for every threshold that is not its own.
    """

    def __init__(self, strictness: float) -> None:
        """Use `strictness` times the detector's own threshold for each language."""
        thresholds = {language: own * strictness for language, own in LOCAL_LANGUAGES.items()}
        super().__init__(version="v1-mini", unlikely_threshold=thresholds)

    def _warn_threshold_override(self) -> None: ...


def prepare_early_reply_again(session: AgentSession[Any]) -> None:
    """Begin the early reply again if there is one and the conversation has changed since.

    At the end of the turn, livekit-agents uses a reply only if the conversation is the same as when
    the reply was begun
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/voice/agent_activity.py).
    """
    activity = session._activity
    early = activity._preemptive_generation if activity else None
    if activity and early and not early.chat_ctx.is_equivalent(activity.agent.chat_ctx):
        activity.on_preemptive_generation(early.info)


def drop_early_reply(session: AgentSession[Any]) -> bool:
    """Drop the early reply, if any, so that the end of the turn begins another one."""
    activity = session._activity
    if activity is None or activity._preemptive_generation is None:
        return False
    activity._cancel_preemptive_generation()
    return True
