"""A scripted interlocutor: plays the model of the demo well enough to be worth talking to.

It understands by patterns, answers from what the instruction says, and says when it does not know.
It refuses to invent facts about anybody's training.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Turn:
    """One entry of the conversation so far."""

    who: str
    """`trainee` or `model`"""
    text: str


@dataclass(frozen=True)
class Reply:
    """What the model answers: text, calls, or both."""

    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """`{"name": …, "args": {…}}` each."""


@dataclass(frozen=True)
class Facts:
    """What the instruction says about the trainee; empty where it says nothing."""

    name: str = ""
    role: str = ""
    industry: str = ""
    training: str = ""
    guide: str = "your guide"

    @classmethod
    def from_instruction(cls, text: str) -> Facts:
        """Read lines like `- role: fitter`; "not given" counts as nothing."""

        def value(*labels: str) -> str:
            for label in labels:
                match = re.search(rf"^\W*{label}\s*:\s*(.+?)\s*$", text, re.I | re.M)
                if match and not re.match(
                    r"not given|unknown|none|n/a|their first", match[1], re.I
                ):
                    return match[1].strip(" .\"'")
            return ""

        guide = re.search(r"\bYou are (?:called |named )?([A-Z][a-z]+)\b", text)
        return cls(
            name=value("name", "trainee(?:'s)? name", "trainee"),
            role=value("role", "job", "position"),
            industry=value("industry", "sector"),
            training=value("training", "training.type", "training_type", "course"),
            guide=guide[1] if guide else "your guide",
        )

    @property
    def the_training(self) -> str:
        return f"your {self.training} training" if self.training else "your training"


_GO_ON = (
    r"\b(?:continue|go on|move on|carry on|get (?:on|started)|start (?:the|my|with)"
    r"|let'?s (?:go|start|begin)|begin|proceed"
    r"|(?:show|open|play|watch) (?:me )?(?:the |my )?(?:training|video)"
    r"|(?:i'?m|i am|we'?re) ready|ready to|next step|skip|no(?:thing)? (?:more|else|questions?)"
    r"|that'?s (?:all|it)|no,? thank)"
)

_ANSWERS: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "real",
        r"\b(?:are you|you are|you'?re|is this|am i talking).{0,25}"
        r"\b(?:real|human|person|robot|bot|machine|computer|avatar|ai|a\.i|recording|alive)\b",
        (
            "I'm an AI avatar, so no, I'm not a real person. Your trainers are, though.",
            "I'm an avatar, and an AI speaks through me. What else would you like to know?",
        ),
    ),
    (
        "long",
        r"\bhow (?:long|many (?:minutes|hours))"
        r"|\b(?:duration|how much time|take (?:long|all day))\b",
        (
            "It's a short video. I don't know the exact length, but the player shows it as soon "
            "as it opens. Do you have a little time now?",
            "A short one. You'll see the exact length in the player once the video opens.",
        ),
    ),
    (
        "break",
        r"\b(?:pause|break|stop (?:it|the video)|rewind|watch (?:it )?again|later|come back)\b",
        (
            "You can pause whenever you like and take a breath. Nobody is timing you. "
            "Is there anything else on your mind?",
            "Yes, take a break whenever you need one. Your training will still be there.",
        ),
    ),
    (
        "nervous",
        r"\b(?:nervous|anxious|afraid|scared|worried|worry|stress\w*|overwhelm\w*|excited|fail"
        r"|difficult|hard|too much|dumb|stupid question)\b",
        (
            "That's completely normal on a first day. You don't have to know anything yet, and "
            "nobody expects you to. What worries you most?",
            "Thank you for telling me. Take it one step at a time; your trainer is there to help.",
        ),
    ),
    (
        "test",
        r"\b(?:test|exam|quiz|certificate|pass|graded?|score)\b",
        (
            "I don't know whether there is a test. Your trainer can tell you. "
            "The video itself is only for watching.",
        ),
    ),
    (
        "who",
        r"\b(?:who (?:are|is|will)|what(?:'s| is) your name|your name|introduce yourself)\b",
        (
            "I'm {guide}, an AI avatar, and I'm here to welcome you to {training}. "
            "May I ask what you are looking forward to?",
            "My name is {guide}. I welcome people before their training starts.",
        ),
    ),
    (
        "my_name",
        r"\b(?:my name|who am i|know me|know who i)\b",
        ("{name_known}",),
    ),
    (
        "role",
        r"\b(?:my (?:role|job|position|work|team)|which (?:training|course)|what training)\b",
        ("{role_known}",),
    ),
    (
        "about",
        r"\b(?:what (?:is|will|does|happens?|can i expect|do i|should i|am i|are we)|"
        r"what'?s (?:in|the|this|it|next)|tell me (?:more|about)|about the (?:video|training)|"
        r"explain|learn|topics?|how does (?:it|this)|expect)\b.{0,60}"
        r"|\b(?:the )?(?:video|training)\b",
        (
            "{training_cap} starts with a short video that shows you the essentials. "
            "It opens when you press Continue to Training Video. What else would you like to know?",
            "First you watch the video, and after that your trainer takes over. "
            "Shall I tell you something else, or are you ready?",
        ),
    ),
    (
        "trainer",
        r"\b(?:trainer|teacher|instructor|boss|manager|contact|help|support|ask someone)\b",
        ("Your trainer will be glad to help you with that, right after the video.",),
    ),
    (
        "thanks",
        r"\b(?:thank|thanks|thank you|cheers|appreciate)\b",
        ("You're very welcome{comma_name}. Is there anything else you'd like to know?",),
    ),
    (
        "hello",
        r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening))\b",
        ("Hello{comma_name}! It's good to have you here. What would you like to know?",),
    ),
    (
        "how_are_you",
        r"\bhow (?:are|do) you\b",
        ("I'm well, thank you for asking. And how do you feel about today?",),
    ),
    (
        "good",
        r"\b(?:i'?m (?:fine|good|great|well|ok|okay)|feel (?:fine|good|great)|looking forward"
        r"|curious|happy)\b",
        ("That's lovely to hear. What are you most curious about?",),
    ),
    (
        "yes",
        r"^\W*(?:yes|yeah|yep|sure|okay|ok|please|of course)\b",
        ("Wonderful. Ask me anything about {training}, or press Continue when you are ready.",),
    ),
    (
        "no",
        r"^\W*(?:no|nope|not really|nothing)\b",
        ("All right. Then press Continue to Training Video whenever you like, and enjoy it.",),
    ),
]
_AGAIN = r"\b(?:again|repeat|pardon|sorry\?|say that|what did you say|didn'?t (?:hear|catch|get))\b"
_BYE = r"\b(?:bye|goodbye|see you|farewell)\b"
_FAREWELL = "Wonderful{comma_name}. Just press Continue to Training Video, and enjoy {training}!"
_UNKNOWN = (
    "I'm afraid I don't know that, but your trainer will. What would you like to know about "
    "{training}?",
    "That's a good question for your trainer; I only know about the welcome and the video. "
    "Is there anything about those I can tell you?",
)


def reply(
    instruction: str, turns: Sequence[Turn], functions: Sequence[dict[str, Any]] = ()
) -> Reply:
    """Answer the last thing the trainee said; `functions`: what the model may call."""
    facts = Facts.from_instruction(instruction)
    said = next((turn.text for turn in reversed(turns) if turn.who == "trainee"), "")
    before = [turn.text for turn in turns if turn.who == "model"]
    if not said:
        return Reply(_filled("Hello{comma_name}! What would you like to know?", facts))
    if before and re.search(_AGAIN, said, re.I) and not re.search(r"watch", said, re.I):
        return Reply("Of course. " + before[-1].removeprefix("Of course. "))
    for name, pattern, answers in _ANSWERS:
        if name in {"real", "long", "nervous"} and re.search(pattern, said, re.I):
            return Reply(_fresh(answers, before, facts))
    if call := _fitting_call(said, functions):
        return Reply(calls=[call])
    if re.search(_GO_ON, said, re.I) or re.search(_BYE, said, re.I):
        return Reply(_filled(_FAREWELL, facts))
    for _, pattern, answers in _ANSWERS:
        if re.search(pattern, said, re.I):
            return Reply(_fresh(answers, before, facts))
    return Reply(_fresh(_UNKNOWN, before, facts))


def after_call(instruction: str, response: dict[str, Any]) -> Reply:
    """What to say when a called function has answered."""
    facts = Facts.from_instruction(instruction)
    outcome = response.get("output") or response.get("result") or response.get("error")
    if isinstance(outcome, str) and 3 < len(outcome) < 200 and " " in outcome:
        return Reply(outcome)
    return Reply(_filled(_FAREWELL, facts))


def _fresh(answers: tuple[str, ...], before: Sequence[str], facts: Facts) -> str:
    """The first of these answers that has not been given yet."""
    filled = [_filled(answer, facts) for answer in answers]
    return next((answer for answer in filled if answer not in before), filled[-1])


def _filled(text: str, facts: Facts) -> str:
    training = facts.the_training
    known = [f"as {facts.role}" if facts.role else "", facts.industry and f"in {facts.industry}"]
    doing = " ".join(part for part in known if part)
    return text.format(
        comma_name=f", {facts.name}" if facts.name else "",
        guide=facts.guide,
        training=training,
        training_cap=training[0].upper() + training[1:],
        name_known=(
            f"I know you as {facts.name}. It's nice to meet you!"
            if facts.name
            else "I wasn't told your name, and you needn't give it. What would you like to know?"
        ),
        role_known=(
            f"You're here {doing or 'to learn'}, and {training} is ready for you. "
            "More than that I wasn't told."
            if doing or facts.training
            else "I wasn't told that, but your trainer will know."
        ),
    )


_ENDING = re.compile(
    r"end|finish|continue|proceed|go_?on|leave|goodbye|close|hang_?up|start_?(?:the_?)?(?:video|training)",
    re.I,
)
_PLAIN = frozenset("the a an to of for and or get set do is it my your you this that".split())


def _fitting_call(said: str, functions: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    going_on = re.search(_GO_ON, said, re.I) or re.search(_BYE, said, re.I)
    words = set(re.findall(r"[a-z]{3,}", said.lower()))
    for function in functions:
        name = str(function.get("name", ""))
        about = f"{name} {function.get('description', '')}"
        named = set(re.findall(r"[a-z]{3,}", name.lower())) - _PLAIN
        fits = _ENDING.search(about) if going_on else named and named <= words
        if fits:
            schema = function.get("parametersJsonSchema") or function.get("parameters_json_schema")
            return {"name": name, "args": _arguments(schema or function.get("parameters"), said)}
    return None


def _arguments(schema: Any, said: str) -> dict[str, Any]:
    """Arguments that the schema allows, the required ones only."""
    if not isinstance(schema, dict):
        return {}
    properties = schema.get("properties") or {}
    wanted = schema.get("required") or []
    return {name: _value(properties.get(name) or {}, said) for name in wanted}


def _value(schema: dict[str, Any], said: str) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    kind = str(schema.get("type", "string")).lower()
    samples: dict[str, Any] = {"boolean": True, "integer": 1, "number": 1.0, "array": []}
    samples["object"] = _arguments(schema, said)
    return samples.get(kind, said)
