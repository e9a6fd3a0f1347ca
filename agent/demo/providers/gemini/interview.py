"""The stand-in's model: it asks the script's questions and calls the declared functions.

It matches what the trainee says with the patterns of `languages/`. It keeps nothing between
requests: the same conversation gets the same reply.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from agent.demo.providers.gemini.interpret import Question, Value, declines, interpret
from agent.demo.providers.gemini.language import Language, found, languages, plain, words
from agent.demo.providers.gemini.reply import Reply
from agent.demo.providers.gemini.request import Request
from agent.demo.providers.gemini.rules import schema_of

# The sentences of `agent.conversation.answers` and `function_tools`: if they change, these patterns
# must change, too. tests/standins/test_gemini_interview.py compares them.
_NEXT = re.compile(r"\bnext: ?(\w+)|none open")
_RECORDED = "Already recorded: "
_RECORD = "record_"
"""A question's id follows."""
_REFUSED = re.compile(
    r"`value` must be|^Send one argument|^There is no question| is asked only if "
)
_NAME = re.compile(r'^- (?:name|nombre|nom) ?: "([^"\n]+)"$', re.I | re.M)
"""What the platform gave stands between quotes; "not given" does not."""
_REPLY_AFTER = {
    _RECORD: "thanks",
    "end_greeting": "farewell",
    "stop_recording": "recording_stopped",
    "switch_language": "switched",
    "skip_question": "skipped",
}
_PENDING_TURNS = 3
"""A question waits for its answer during this many turns of the model."""
_SHORT_WORDS = 10
_POLITE_WORDS = 3


def answer(request: Request) -> Reply:
    """Answer the last turn of a conversation."""
    interview = _Interview(request)
    called = request.turns and request.turns[-1].responses
    return interview.after_functions() if called else interview.to_trainee()


class _Interview:
    def __init__(self, request: Request) -> None:
        self._request = request
        self._said, self._heard = request.user_text, plain(request.user_text)
        sentences = re.split(r"(?<=[.!?])\s+", self._said)
        self._asked = " ".join(each for each in sentences if each.endswith("?"))
        self._stated = " ".join(each for each in sentences if not each.endswith("?"))
        self._functions = request.functions
        instruction = plain(request.instruction)
        spoken = (
            language
            for language in languages().values()
            if language.finds("instruction", instruction)
        )
        self._language: Language = next(spoken, languages()["en"])
        listed = Question.all_in(request.instruction)
        self._questions = {id: q for id, q in listed.items() if _RECORD + id in self._functions}
        calls = [(call["name"], call.get("args") or {}) for t in request.turns for call in t.calls]
        responses = [_text_of(response) for response in request.responses]
        self._calls = [
            (args.get("question", name.removeprefix(_RECORD)), name, response)
            for (name, args), response in zip(calls, responses, strict=False)
        ]
        """Every call, oldest first: the question's id, the function and its response."""

    def to_trainee(self) -> Reply:
        """Answer what the trainee said last."""
        if switch := self._language_switch():
            return switch
        for intent in ("stop_recording", "speak_slower"):
            if intent in self._functions and self._hears(intent):
                return _called(intent)
        pending = self._pending
        recorded, ends = self._recorded(pending), self._ends(pending)
        if recorded.calls or ends.text or ends.calls:
            return Reply(ends.text, recorded.calls + ends.calls)
        if pending and declines(pending, self._said, self._language):
            return _called("skip_question", question=pending.id)
        if self._asked or self._hears("question"):
            return self._then_ask(self._answer(self._said))
        if topic := self._topic(self._said):
            return self._then_ask(topic)
        if pending and self._said:
            return self._ask_again(pending)
        return self._then_ask(self._text("what_else"))

    def after_functions(self) -> Reply:
        """Continue after functions have answered."""
        responses = self._request.turns[-1].responses
        name = responses[-1]["name"]
        if name == "speak_slower":
            return Reply(f"{self._text('of_course')} {self._request.model_texts[-1]}")
        refused = any(_REFUSED.search(_text_of(response)) for response in responses)
        if name.startswith(_RECORD):
            if refused and (pending := self._pending):
                return self._ask_again(pending)
            name = _RECORD
        text = self._text(_REPLY_AFTER.get(name, "of_course"))
        if name == _RECORD and self._hears("correction"):
            text = self._text("corrected")
        if name == "end_greeting":
            return Reply(text)
        if self._asked and name != "switch_language":
            text += f" {self._answer(self._asked)}"
        return self._then_ask(text, last=self._text("nothing_left"))

    def _language_switch(self) -> Reply | None:
        """The reply if the trainee asks for a language or greets in another one."""
        known = list(languages().values())
        asks = any(language.finds("ask_for_language", self._heard) for language in known)
        named = [language for language in known if language.finds("name", self._heard)]
        if not (asks or len(words(self._said)) <= 2) or self._language.finds("not", self._heard):
            named = []
        if not named and not found(self._language.topics["hello"][0], self._heard):
            named = [
                language
                for language in known
                if found(f"^(?:{language.topics['hello'][0]})", self._heard)
            ]
        if not named:
            return None
        if named[-1] is self._language:
            return self._then_ask(self._text("switched"))
        for locale in self._locales():
            if locale.split("-")[0] == named[-1].tag:
                return _called("switch_language", locale=locale)
        return self._then_ask(self._text("not_spoken"))

    def _locales(self) -> list[str]:
        """The locales that the declared function takes."""
        schema = schema_of(self._functions.get("switch_language", {}))
        return schema.get("properties", {}).get("locale", {}).get("enum") or []

    def _recorded(self, pending: Question | None) -> Reply:
        """The call that records an answer or a correction; empty if the trainee gave none."""
        if not self._stated or (self._hears("question") and not self._asked):
            return Reply()
        recorded = [id for id, name, _ in self._calls if name.startswith(_RECORD)]
        earlier = [self._questions.get(id) for id in recorded[-1:]]
        questions = [pending, *(earlier if self._hears("rather") else [])]
        if self._hears("correction"):
            questions = [*earlier, pending]
        for question in questions:
            if question and (value := self._value(question)) is not None:
                return _called(_RECORD + question.id, value=value)
        return Reply()

    def _value(self, question: Question) -> Value | None:
        """The value of an answer; None if it is not clear, or about something else."""
        said, language = plain(self._stated), self._language
        subjects = {topic: pattern for topic, (pattern, _) in language.topics.items()}
        thanks, hello = subjects.pop("thanks"), subjects.pop("hello")
        if question.kind == "text":
            polite = len(words(said)) <= _POLITE_WORDS and found(f"{thanks}|{hello}", said)
            if polite or self._hears("continue"):
                return None
        elif question.kind != "number" and not found(
            f"^(?:{language.patterns['yes_word']}|{language.patterns['no_word']})", said
        ):
            asked = plain(f"{question.ask} {question.choices}")
            if any(found(each, said) and not found(each, asked) for each in subjects.values()):
                return None  # "I'm a little nervous"
        return interpret(question, self._stated, language)

    def _ends(self, pending: Question | None) -> Reply:
        """The call that ends the greeting, or a farewell if the function is not declared."""
        leaves = self._hears("continue") and len(words(self._said)) <= _SHORT_WORDS
        done = self._next is None and pending is None and self._hears("nothing_more")
        if self._asked or not (leaves or done):
            return Reply()
        declared = "end_greeting" in self._functions
        return _called("end_greeting") if declared else Reply(self._text("farewell"))

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
        """The question that was asked last and is not answered yet."""
        handled = {id for id, _, response in self._calls if not _REFUSED.search(response)}
        for text in reversed(self._request.model_texts[-_PENDING_TURNS:]):
            asked = [each for each in self._questions.values() if each.is_in(text)]
            # "Have you worked in care?" is also the end of "How long have you worked in care?".
            asked.sort(key=lambda each: plain(each.ask) not in plain(text))
            if asked:
                return None if asked[0].id in handled else asked[0]
        return None

    def _ask_again(self, question: Question) -> Reply:
        """Ask once more; skip a question that was asked again already."""
        again = f"{self._text('unclear')} {question.ask}"
        if again in self._request.model_texts[-1:]:
            return _called("skip_question", question=question.id)
        return Reply(again)

    def _then_ask(self, text: str, *, last: str = "") -> Reply:
        """Reply, and ask the next question; if none, say `last`.

        After the opening, the same question is asked at most twice in a row.
        """
        following, before = self._next, self._request.model_texts[1:][-2:]
        if following is None:
            return Reply(f"{text} {last}".strip())
        if len(before) == 2 and all(following.is_in(earlier) for earlier in before):
            return Reply(text)
        return Reply(f"{text} {following.ask}")

    def _answer(self, said: str) -> str:
        """A reply to a trainee's question: from the usual topics, or a fact of the instruction."""
        facts = [
            line.removeprefix("- ")
            for block in self._request.instruction.split("\n\n")
            if self._language.finds("facts", plain(block.partition("\n")[0]))
            for line in block.splitlines()[1:]
        ]
        counts = Counter(word for fact in facts for word in set(words(fact)))
        asked = {word for word in words(said) if len(word) > 3 and 0 < counts[word] < 3}
        best = max(facts, key=lambda fact: len(asked & set(words(fact))), default="")
        return self._topic(said) or (best if asked else self._text("unknown"))

    def _topic(self, said: str) -> str | None:
        """The reply to the first usual topic in a text."""
        heard = plain(said)
        texts = (text for pattern, text in self._language.topics.values() if found(pattern, heard))
        return next((self._filled(text) for text in texts), None)

    def _text(self, name: str) -> str:
        return self._filled(self._language.replies[name])

    def _filled(self, text: str) -> str:
        """The text with the trainee's name, if the instruction gives it."""
        name = _NAME.search(self._request.instruction)
        return text.replace("{comma_name}", f", {name[1]}" if name else "")

    def _hears(self, intent: str) -> bool:
        return self._language.finds(intent, self._heard) is not None


def _text_of(response: dict[str, Any]) -> str:
    """What a function answered, whatever it is called: `output`, `result` or `error`."""
    return str(next(filter(None, response["response"].values()), ""))


def _called(function: str, **args: Any) -> Reply:
    return Reply(calls=[{"name": function, "args": args}])
