"""The page shows the question that waits for an answer."""

from __future__ import annotations

import pytest

from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.greeting.observers.question_progress import QuestionTracker
from agent.scripts import PROMPTS, load_library

SHIPPED = sorted(
    (name, locale) for name, files in load_library(PROMPTS).scripts.items() for locale in files
)


@pytest.mark.parametrize(("training", "locale"), SHIPPED)
def test_opening_of_a_shipped_script_asks_its_first_question(training: str, locale: str) -> None:
    metadata = JobMetadata(training_type=training, locale=locale)
    state = GreetingState(metadata=metadata)
    tracker = QuestionTracker(state)
    assert tracker.progress.open is None
    tracker.opening_said(state.script.opening)
    waiting = tracker.progress.open
    assert waiting is not None
    assert (waiting.id, waiting.number) == (state.script.questions[0].id, 1)
