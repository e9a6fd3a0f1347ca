"""The stand-in's model: it asks the script's questions and calls the declared functions.

It matches what the trainee says with the patterns of `languages/`. It keeps nothing between
requests: the same conversation gets the same reply.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from agent.demo.providers.gemini.answers import RECORD, Question, declines, value_of
from agent.demo.providers.gemini.language import found, languages, plain, words
from agent.demo.providers.gemini.messages import Reply, Request
from agent.demo.providers.gemini.rules import schema_of

# The sentences of `agent.conversation.answers`: if they change, these patterns must change, too.
# tests/standins/test_gemini_interview.py compares them.
_NEXT = re.compile(r"\bnext: ?(\w+)|none open")
_RECORDED = "Already recorded: "
_NAME = re.compile(r'^- (?:name|nombre|nom) ?: "([^"\n]+)"$', re.I | re.M)
"""What the platform gave stands between quotes; "not given" does not."""
_PENDING_TURNS = 3
"""A question waits for its answer during this many turns of the model."""
_SHORT_WORDS = 10


def answer(request: Request) -> Reply:
    """Answer the last turn of a conversation."""
    interview = _Interview(request)
    called = request.turns and request.turns[-1].responses
    reply = interview.after_functions() if called else interview.to_trainee()
    name = _NAME.search(request.instruction)
    return replace(reply, text=reply.text.replace("{comma_name}", f", {name[1]}" if name else ""))


class _Interview:
    def __init__(self, request: Request) -> None:
        self._request = request
        self._heard = plain(request.user_text)
        instruction, known = plain(request.instruction), languages()
        spoken = (each for each in known.values() if each.finds("instruction", instruction))
        self._language = next(spoken, known["en"])
        self._replies = self._language.replies
        self._questions = Question.all_of(request)
        sentences = re.split(r"(?<=[.!?])\s+", request.user_text)
        self._asked = " ".join(each for each in sentences if each.endswith("?"))
        self._stated = " ".join(each for each in sentences if not each.endswith("?"))
        if not self._asked and self._hears("question"):
            self._asked, self._stated = self._stated, ""

    def to_trainee(self) -> Reply:
        """Answer what the trainee said last."""
        if switch := self._language_switch():
            return switch
        for function in ("stop_recording", "speak_slower"):
            if function in self._request.functions and self._hears(function):
                return Reply(calls=[_call(function)])
        if calls := self._record() + self._end():
            return Reply(calls=calls)
        pending = self._pending
        if pending and declines(pending, self._heard, self._language):
            return Reply(calls=[_call("skip_question", question=pending.id)])
        if self._asked or self._topic(self._heard):
            return self._then_ask(self._answer(self._heard))
        if pending and self._heard:
            return self._ask_again(pending)
        return self._then_ask(self._replies["what_else"])

    def after_functions(self) -> Reply:
        """Continue after functions have answered."""
        responses = self._request.turns[-1].responses
        name = responses[-1]["name"]
        if name == "end_greeting":
            return Reply(self._replies[name])
        if name == "speak_slower":
            return Reply(f"{self._replies[name]} {self._request.model_texts[-1]}")
        if name.startswith(RECORD):
            refused = not any(_NEXT.search(_text_of(response)) for response in responses)
            if refused and self._pending:
                return self._ask_again(self._pending)
            name = "corrected" if self._hears("correction") else "recorded"
        text = self._replies.get(name, self._replies["other_function"])
        if self._asked and name != "switch_language":
            text += f" {self._answer(plain(self._asked))}"
        return self._then_ask(text, last=self._replies["nothing_left"])

    def _language_switch(self) -> Reply | None:
        """The reply if the trainee asks for a language, or greets in another one."""
        wanted = [
            each
            for each in languages().values()
            if each.finds("switch", self._heard)
            or (each is not self._language and each.finds("greeting", self._heard))
        ]
        if not wanted or self._hears("no"):
            return None
        if wanted[0] is self._language:  # the product has just switched to it
            return self._then_ask(self._replies["switch_language"])
        schema = schema_of(self._request.functions.get("switch_language", {}))
        for locale in schema.get("properties", {}).get("locale", {}).get("enum", []):
            if locale.split("-")[0] == wanted[0].tag:
                return Reply(calls=[_call("switch_language", locale=locale)])
        return self._then_ask(self._replies["not_spoken"])

    def _record(self) -> list[dict[str, Any]]:
        """The call that records an answer, or the correction of the one before."""
        recorded = [
            self._questions.get(call["name"].removeprefix(RECORD))
            for turn in self._request.turns
            for call in turn.calls
            if call["name"].startswith(RECORD)
        ]
        corrected = recorded[-1:] if self._hears("correction") else []
        for question in [*corrected, self._pending]:
            if question and self._stated:
                value = value_of(question, self._stated, self._language)
                if value is not None:
                    return [_call(RECORD + question.id, value=value)]
        return []

    def _end(self) -> list[dict[str, Any]]:
        """The call that ends the greeting, if the trainee wants to go on."""
        leaves = self._hears("continue") and len(words(self._heard)) <= _SHORT_WORDS
        done = self._next is None and self._hears("nothing_more")
        declared = "end_greeting" in self._request.functions
        return [_call("end_greeting")] if declared and not self._asked and (leaves or done) else []

    @property
    def _next(self) -> Question | None:
        """The question to ask next; None if none is open."""
        # An instruction may tell a new model what an earlier one has recorded.
        before = self._request.instruction.partition(_RECORDED)[2]
        for text in reversed([before, *map(_text_of, self._request.responses)]):
            if following := _NEXT.search(text):
                return self._questions.get(following[1] or "")
        return next(iter(self._questions.values()), None)

    @property
    def _pending(self) -> Question | None:
        """The question that was asked and is not answered yet."""
        following, recent = self._next, self._request.model_texts[-_PENDING_TURNS:]
        return following if following and any(map(following.is_in, recent)) else None

    def _ask_again(self, question: Question) -> Reply:
        """Ask once more; skip a question that was asked again already."""
        again = f"{self._replies['unclear']} {question.ask}"
        if again in self._request.model_texts[-1:]:
            return Reply(calls=[_call("skip_question", question=question.id)])
        return Reply(again)

    def _then_ask(self, text: str, *, last: str = "") -> Reply:
        """Reply, and ask the next question; if none, say `last`.

        After the opening, the same question is asked at most twice in a row.
        """
        following, before = self._next, self._request.model_texts[1:][-2:]
        if following is None:
            return Reply(f"{text} {last}".strip())
        if len(before) == 2 and all(map(following.is_in, before)):
            return Reply(text)
        return Reply(f"{text} {following.ask}")

    def _answer(self, heard: str) -> str:
        """A reply to a trainee's question: from the usual topics, or a fact of the instruction."""
        facts = [
            line.removeprefix("- ")
            for block in self._request.instruction.split("\n\n")
            if self._language.finds("facts", plain(block.partition("\n")[0]))
            for line in block.splitlines()[1:]
        ]
        counts = Counter(word for fact in facts for word in set(words(fact)))
        asked = {word for word in words(heard) if len(word) > 3 and 0 < counts[word] < 3}
        best = max(facts, key=lambda fact: len(asked & set(words(fact))), default="")
        return self._topic(heard) or (best if asked else self._replies["unknown"])

    def _topic(self, heard: str) -> str:
        """The reply to the first usual topic in a text; empty if there is none."""
        topics = self._language.topics.values()
        return next((reply for said, reply in topics if found(said, heard)), "")

    def _hears(self, intent: str) -> bool:
        return self._language.finds(intent, self._heard) is not None


def _text_of(response: dict[str, Any]) -> str:
    """What a function answered, whatever it is called: `output`, `result` or `error`."""
    return str(next(filter(None, response["response"].values()), ""))


def _call(function: str, **args: Any) -> dict[str, Any]:
    return {"name": function, "args": args}
