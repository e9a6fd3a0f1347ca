"""The evals, with scripted models: they can pass, and they can fail."""

from __future__ import annotations

import pytest

from tests.evals.stage import last_words, play
from tests.fakes.scripted_llm import Says, ScriptedLLM


@pytest.mark.parametrize("success", [True, False])
async def test_eval_passes_or_fails_as_the_judge_says(success: bool) -> None:
    verdict = Says(calls=[("check_intent", {"success": success, "reason": "so it is"})])
    model, judge = ScriptedLLM(Says("There is no hurry.")), ScriptedLLM(verdict)
    async with play(model, {"training_type": "forklift"}) as played:
        words = last_words(await played.say("I'm scared"))
        if success:
            await words.judge(judge, intent="is kind")
        else:
            with pytest.raises(AssertionError, match="so it is"):
                await words.judge(judge, intent="is kind")


async def test_eval_sees_answers_locale_and_end() -> None:
    model = ScriptedLLM(
        Says(calls=[("record_driven_before", {"value": True})]),
        Says("Good."),
        Says(calls=[("switch_language", {"locale": "de"})]),
        Says("Gern."),
        Says(calls=[("end_greeting", {})]),
    )
    async with play(model, {"training_type": "forklift"}) as played:
        await played.check_in()
        await played.say("I have driven")
        assert played.answers == {"driven_before": True}
        await played.say("Auf Deutsch bitte")
        assert played.locale == "de"
        assert not played.over
        run = await played.say("Weiter")
        assert played.over
        with pytest.raises(AssertionError, match="said nothing"):
            last_words(run)
