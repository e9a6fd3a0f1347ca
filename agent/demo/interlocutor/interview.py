"""Where the script's questions stand: asked, settled, open; and what an answer should be saved as.

The functions' own answers say what is open; where there is none yet, the instruction's order does.
"""

from __future__ import annotations

import re
from typing import Any

from agent.demo.interlocutor.brief import Brief
from agent.demo.interlocutor.conversation import Conversation, ToolCall
from agent.demo.interlocutor.question import Question, Value
from agent.demo.interlocutor.tongue import Tongue
from agent.demo.interlocutor.wording import plain, sentences

_TURNS_A_QUESTION_STANDS = 3
_SAVING = ("record_answer", "skip_question")


class Interview:
    """One conversation's questions."""

    def __init__(
        self, brief: Brief, talk: Conversation, tongue: Tongue, ids: list[str] | None
    ) -> None:
        """`ids`: what `record_answer` takes; None: it is not declared."""
        self._talk, self._tongue, self._heard_in = talk, tongue, tongue.language
        listed = {q.id: q for q in brief.questions} if ids is not None else {}
        self.questions = {i: q for i, q in listed.items() if not ids or i in ids}
        # In another language than is spoken now they can be answered, but not asked.
        self.askable = brief.language == tongue.language
        self.saved = [(c, r) for c, r in talk.exchanges if c.name in _SAVING]

    @property
    def settled(self) -> list[str]:
        """Questions that need not be asked, the last one last."""
        found: dict[str, None] = {}
        for call, response in self.saved:
            question = str(call.args.get("question", ""))
            found.pop(question, None)
            open_still = response.unclear and not response.says_what_is_open
            if response.next != question and not open_still:
                found[question] = None
        return list(found)

    @property
    def next(self) -> Question | None:
        """The question to ask next; None: none is open, or it cannot be asked."""
        said = next((r for _, r in reversed(self._talk.exchanges) if r.says_what_is_open), None)
        if said is not None:
            return self.questions.get(said.next or "")
        return next((q for i, q in self.questions.items() if i not in self.settled), None)

    @property
    def pending(self) -> Question | None:
        """The question that has been asked and not been answered."""
        for text in reversed(self._talk.by_model[-_TURNS_A_QUESTION_STANDS:]):
            for question in self.questions.values():
                if question.asked_in(text):
                    return question if question.id not in self.settled else None
        return None

    def may_ask(self, question: Question) -> bool:
        """Not a third time in a row: whoever asks back twice does not want to answer now."""
        before = self._talk.by_model[-2:]
        return len(before) < 2 or not all(question.asked_in(text) for text in before)

    def hear_in(self, language: str) -> None:
        """What the trainee is speaking now, where that is not what the guide speaks."""
        self._heard_in = language

    def answers(self, said: str) -> list[ToolCall]:
        """Calls that save what this says about the pending question, and others in passing."""
        statement, pending = _statement(said), self.pending
        value = pending.understood(statement, self._heard_in) if pending and statement else None
        calls = [_record(pending, value)] if pending and value is not None else []
        if pending is not None and pending.kind == "text":
            return calls  # their own words are about that alone
        for name, question in self.questions.items():
            if question is not pending and name not in self.settled:
                passing = question.in_passing(statement, self._heard_in)
                calls += [_record(question, passing)] if passing is not None else []
        return calls

    def correction(self, said: str) -> ToolCall | None:
        """The call that changes an earlier answer; None: this corrects nothing."""
        marks = list(re.finditer(self._tongue.correction, plain(said)))
        if not marks:
            return None
        corrected = _tail(said, marks[-1].end())
        for name in reversed(self.settled):
            question = self.questions.get(name)
            if question is None or (question.kind == "text" and name != self.settled[-1]):
                continue
            value = question.understood(corrected, self._heard_in)
            if value is not None:
                return _record(question, value)
        return None

    def attempt(self, said: str) -> ToolCall | None:
        """The words themselves, for the function to say whether that is an answer."""
        pending = self.pending
        statement = _statement(said)
        return _record(pending, statement) if pending and statement else None

    def skip(self, said: str) -> ToolCall | None:
        pending = self.pending
        if pending is None:
            return None
        # No yes-or-no is asked there: "No, thank you" passes the question over.
        declined = (
            pending.kind in {"choice", "number"}
            and pending.understood(said, self._heard_in) is None
            and re.search(self._tongue.nothing_more, plain(said))
        )
        if not declined and not re.search(self._tongue.skip, plain(said)):
            return None
        return ToolCall("skip_question", {"question": pending.id})


def _record(question: Question, value: Value) -> ToolCall:
    args: dict[str, Any] = {"question": question.id, "value": value}
    return ToolCall("record_answer", args)


def _statement(said: str) -> str:
    """What was said, without the questions in it."""
    return " ".join(s for s in sentences(said) if not s.endswith("?"))


def _tail(said: str, plain_end: int) -> str:
    """The rest of a text whose plain form was matched up to there."""
    for cut in range(len(said) + 1):
        if len(plain(said[:cut] + "x")) > plain_end:
            return said[cut:].strip(" ,.:;") or said
    return said
