"""Answers to the trainee's own questions, from the instruction's facts and the welcome itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agent.demo.interlocutor.brief import Brief
from agent.demo.interlocutor.tongue import Tongue
from agent.demo.interlocutor.tongue.shape import Topic
from agent.demo.interlocutor.wording import alike, plain, words


class Answering:
    """Knows the brief and what has been said already."""

    def __init__(self, brief: Brief, tongue: Tongue, before: Sequence[str]) -> None:
        self._brief, self._tongue, self._before = brief, tongue, before

    def fact(self, said: str, *, asked_for: bool = True) -> str | None:
        """The fact that shares most with what was said; None: none shares enough.

        Args:
            asked_for: it is a question; a remark must share more.
        """
        asked = [w for w in words(said) if len(w) > 2 and w not in self._tongue.filler]
        facts = [(fact, set(words(fact)) - self._tongue.filler) for fact in self._brief.facts]
        known = Counter(w for w in set(asked) for _, has in facts if any(alike(w, h) for h in has))
        training = set(words(self._brief.trainee.training))
        best, best_score = None, 0.0
        for fact, has in facts:
            shared = {w for w in asked if any(alike(w, h) for h in has)}
            # A word that every fact has, or the training's own name, tells nothing alone.
            telling = {w for w in shared if known[w] <= max(2, len(facts) // 3)} - training
            score = sum(1 / known[w] for w in shared)
            if len(telling) >= (1 if asked_for else 2) and score > best_score:
                best, best_score = fact, score
        return best

    def unknown(self) -> str:
        return self.fresh(self._tongue.unknown)

    def to_words(self, said: str, *, asked_for: bool = True) -> str | None:
        """The answer to anything we know something about; None: we do not."""
        plainly = self.fact(said, asked_for=False) if asked_for else None
        return (
            plainly
            or self._topic(said, self._tongue.first_topics)
            or self.fact(said, asked_for=asked_for)
            or self._topic(said, self._tongue.topics)
        )

    def is_kind(self, said: str) -> str | None:
        """What to say first to somebody nervous; None: they are not."""
        return self._topic(said, [t for t in self._tongue.first_topics if t.name == "nervous"])

    def _topic(self, said: str, topics: Sequence[Topic]) -> str | None:
        heard = plain(said)
        found = next((topic for topic in topics if re.search(topic.pattern, heard)), None)
        return self.fresh(found.answers) if found else None

    def fresh(self, answers: Sequence[str]) -> str:
        """The first of these that has not been said yet, else the last."""
        filled = [self.filled(answer) for answer in answers]
        told = [plain(text) for text in self._before]

        def is_new(answer: str) -> bool:
            # A question may have been put in place of its last sentence.
            start = plain(answer)[:40]
            return not any(start in text for text in told)

        return next((answer for answer in filled if is_new(answer)), filled[-1])

    def filled(self, text: str) -> str:
        trainee, tongue = self._brief.trainee, self._tongue
        training = (
            tongue.the_training.format(training=trainee.training)
            if trainee.training
            else tongue.some_training
        )
        knows = _KNOWS[tongue.language]
        doing = ", ".join(text for text in (trainee.role, trainee.industry) if text)
        return text.format(
            comma_name=f", {trainee.name}" if trainee.name else "",
            guide=trainee.guide,
            training=training,
            training_cap=training[0].upper() + training[1:],
            name_known=knows[0].format(name=trainee.name) if trainee.name else knows[1],
            role_known=knows[2].format(doing=doing) if doing else knows[3],
        )


_KNOWS = {
    "en": (
        "I know you as {name}. It's nice to meet you!",
        "I wasn't told your name, and you needn't give it.",
        "I was told this about your work: {doing}. More than that I don't know.",
        "I wasn't told that, but your trainer will know.",
    ),
    "es": (
        "Te conozco como {name}. ¡Encantada!",
        "No me han dicho tu nombre, y no hace falta que me lo digas.",
        "De tu trabajo me han dicho esto: {doing}. Más no sé.",
        "Eso no me lo han dicho, pero tu formador lo sabrá.",
    ),
    "fr": (
        "On m'a dit que vous vous appelez {name}. Enchantée !",
        "On ne m'a pas dit votre nom, et vous n'avez pas à le donner.",
        "De votre travail, on m'a dit ceci : {doing}. Je n'en sais pas plus.",
        "On ne me l'a pas dit, mais votre formateur le saura.",
    ),
    "de": (
        "Ich kenne Sie als {name}. Schön, Sie kennenzulernen!",
        "Ihren Namen hat man mir nicht gesagt, und Sie müssen ihn nicht nennen.",
        "Von Ihrer Arbeit weiß ich dies: {doing}. Mehr weiß ich nicht.",
        "Das hat man mir nicht gesagt, aber Ihre Ausbilder wissen es.",
    ),
}
"""The name, or none; the work, or none."""
