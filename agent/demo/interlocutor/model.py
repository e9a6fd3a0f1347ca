"""What the model does next: it reads the conversation and decides on words or calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.demo.interlocutor.answering import Answering
from agent.demo.interlocutor.brief import Brief
from agent.demo.interlocutor.conversation import Conversation, Reply, Response, ToolCall, Turn
from agent.demo.interlocutor.interview import Interview
from agent.demo.interlocutor.switching import asks_for, locale_of, spoken_language, wished
from agent.demo.interlocutor.tongue import TONGUES
from agent.demo.interlocutor.tools import OURS, Tools
from agent.demo.interlocutor.wording import plain, sentences, without_question, words

_SHORT_WORDS = 8
_MAY_WE = (
    r"\b(?:can|could|may|shall|should) (?:we|i)\b|\b(?:podemos|puedo|pouvons-nous|puis-je|peut-on"
    r"|on peut|konnen wir|kann ich|durfen wir|wollen wir)\b"
)
_SLOWER = r"\b(?:slower|slowly|despacio|lento|lentement|doucement|langsamer)\b"
_SUPPOSED = r"\b(?:if|when|si|s'il|cuando|quand|wenn|falls)\b"
"""Somebody asks about an emergency, and has none."""


def reply(
    instruction: str, turns: Sequence[Turn], functions: Sequence[dict[str, Any]] = ()
) -> Reply:
    """Answer the last thing in the conversation; `functions`: what the model may call."""
    model = _Model(Brief.from_instruction(instruction), Conversation(turns), Tools(functions))
    if answered := model.talk.answered:
        return model.after_calls(answered)
    return model.to_trainee()


class _Model:
    def __init__(self, brief: Brief, talk: Conversation, tools: Tools) -> None:
        self.talk, self._tools = talk, tools
        self._tongue = TONGUES[spoken_language(brief, talk)]
        ids = tools.allowed("record_answer", "question")
        self._interview = Interview(brief, talk, self._tongue, ids)
        self._answering = Answering(brief, self._tongue, talk.by_model)
        self._said, self._heard = talk.said, plain(talk.said)

    def to_trainee(self) -> Reply:
        if not self._said:
            return self._speak(self._answering.filled(self._tongue.hello))
        if at_once := self._what_cannot_wait():
            return at_once
        if switch := self._other_language():
            return switch
        if calls := self._calls():
            return Reply(calls=[_as_json(call) for call in calls])
        if self._hears(self._tongue.bye) or self._wants_to_go_on():
            return Reply(self._answering.filled(self._tongue.farewell))
        answer = self._answering.to_words(self._said, asked_for=self._asks())
        attempt = self._interview.attempt(self._said)
        bare = any(self._hears(t.pattern) for t in self._tongue.topics if t.name in ("yes", "no"))
        if attempt and (answer is None or bare) and not self._asks():
            return Reply(calls=[_as_json(attempt)])
        return self._speak(answer or self._answering.unknown())

    def after_calls(self, answered: list[Response]) -> Reply:
        """Speak on when functions have answered."""
        names = {response.name for response in answered}
        foreign = next((r.text for r in answered if r.name not in OURS), None)
        if foreign is not None:
            sayable = 3 < len(foreign) < 200 and " " in foreign
            farewell = self._answering.filled(self._tongue.farewell)
            return Reply(foreign if sayable else farewell)
        if "end_greeting" in names:
            return Reply(self._answering.filled(self._tongue.farewell))
        if "speak_slower" in names and self.talk.by_model:
            return self._say_again()
        lead = self._reaction(answered)
        asked = " ".join(s for s in sentences(self._said) if s.endswith("?"))
        if asked and wished(asked, self._tongue.language) is None:
            lead += " " + (self._answering.to_words(asked) or self._answering.unknown())
        open_next = self._interview.next
        if open_next and self._interview.askable:
            return Reply(_with_question(lead, open_next.ask))
        none_open = any(r.says_what_is_open and r.next is None for r in answered)
        last = self._tongue.nothing_left if none_open else self._tongue.what_else
        return Reply(_with_question(lead, last))

    def _what_cannot_wait(self) -> Reply | None:
        tongues = TONGUES.values()
        happening = not re.search(_SUPPOSED, self._heard)
        if happening and any(re.search(tongue.emergency, self._heard) for tongue in tongues):
            return Reply(self._tongue.help_now)
        if any(re.search(tongue.injection, self._heard) for tongue in tongues):
            return self._speak(self._answering.filled(self._tongue.stay))
        before = self.talk.by_model
        if before and self._hears(self._tongue.again) and "video" not in self._heard:
            if "speak_slower" in self._tools and re.search(_SLOWER, self._heard):
                return Reply(calls=[_as_json(ToolCall("speak_slower"))])
            return self._say_again()
        return None

    def _say_again(self) -> Reply:
        of_course = self._tongue.of_course
        return Reply(of_course + self.talk.by_model[-1].removeprefix(of_course))

    def _other_language(self) -> Reply | None:
        """A switch, where the trainee asks for it or simply speaks another language."""
        locales = self._tools.allowed("switch_language", "locale")
        if asks_for(self._said, self._tongue.language) and self._is_short():
            return self._speak(self._tongue.switched)  # it is spoken already
        language = wished(self._said, self._tongue.language) if locales is not None else None
        if language is None:
            return None
        locale = locale_of(language, locales or [])
        if locale is None:
            return self._speak(self._tongue.only)
        self._interview.hear_in(language)
        pending = self._interview.pending
        # Words are an answer in any language; a text is not told from the wish to switch.
        answers = self._interview.answers(self._said) if pending and pending.kind != "text" else []
        calls = [*answers, ToolCall("switch_language", {"locale": locale})]
        return Reply(calls=[_as_json(call) for call in calls])

    def _calls(self) -> list[ToolCall]:
        """What to save, or the end."""
        if named := self._tools.named_in(self._said):
            return [named]
        interview = self._interview
        if correction := interview.correction(self._said):
            return [correction]
        if skip := interview.skip(self._said):
            return [skip]
        pending = interview.pending
        ending = self._tools.ending(self._said) if self._wants_to_end() else None
        answers = [] if self._asks_only() else interview.answers(self._said)
        if pending and pending.kind == "text" and ending and self._is_short():
            answers = []
        # "No, let's go on" says no to the questions, not to this one.
        if ending and answers and answers[0].args["value"] in (False, 0):
            answers = []
        if answers and pending and pending.kind == "text" and not ending:
            return answers if self._is_told() else []
        return [*answers, *([ending] if ending else [])]

    def _wants_to_go_on(self) -> bool:
        pending = self._interview.pending
        if pending and pending.kind == "text" and not self._is_short():
            return False
        politely = self._hears(_MAY_WE) and self._is_short()
        return self._hears(self._tongue.go_on) and (politely or not self._asks_only())

    def _wants_to_end(self) -> bool:
        if self._wants_to_go_on() or self._hears(self._tongue.bye):
            return True
        return self._interview.pending is None and self._hears(self._tongue.nothing_more)

    def _is_short(self) -> bool:
        return len(words(self._said)) <= _SHORT_WORDS

    def _is_told(self) -> bool:
        """Whether this is an answer in their own words, not just a greeting or a thank-you."""
        topics = ("thanks", "hello", "how_are_you")
        polite = [t.pattern for t in self._tongue.topics if t.name in topics]
        return not (len(words(self._said)) <= 3 and any(self._hears(p) for p in polite))

    def _asks(self) -> bool:
        return "?" in self._said or self._hears(self._tongue.question)

    def _asks_only(self) -> bool:
        """Whether there is nothing but a question in it."""
        if "?" in self._said:
            return all(sentence.endswith("?") for sentence in sentences(self._said))
        return self._hears(self._tongue.question)

    def _hears(self, pattern: str) -> bool:
        return re.search(pattern, self._heard) is not None

    def _reaction(self, answered: list[Response]) -> str:
        """The first words after something was saved."""
        tongue, names = self._tongue, {response.name for response in answered}
        if "switch_language" in names and not any(r.unclear for r in answered):
            return tongue.switched
        saved = self._interview.saved
        call, response = saved[-1] if saved else (ToolCall(""), answered[-1])
        question = str(call.args.get("question", ""))
        if response.unclear:
            again = response.next == question or not response.says_what_is_open
            return tongue.once_more if again else tongue.skipped
        if call.name == "skip_question":
            return tongue.skipped
        if [c.args.get("question") for c, _ in saved].count(question) > 1 and re.search(
            tongue.correction, self._heard
        ):
            return tongue.corrected
        if kind := self._answering.is_kind(self._said):
            return without_question(kind)
        return tongue.thanks[(len(saved) - 1) % len(tongue.thanks)]

    def _speak(self, text: str) -> Reply:
        """Say this, and then what there is to ask."""
        question = self._interview.next
        if question is None or not self._interview.askable:
            return Reply(text)
        if not self._interview.may_ask(question):
            return Reply(text)
        return Reply(_with_question(text, question.ask))


def _with_question(text: str, ask: str) -> str:
    """At most one question, and always the last."""
    return f"{without_question(text)} {ask}".strip()


def _as_json(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "args": call.args}
