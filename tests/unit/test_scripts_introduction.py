"""What the page says before a greeting begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, introduction_of, load_library, script_for, welcome_for
from agent.scripts.speakable import estimate_speech_s
from agent.token_endpoint.http.responses import greeting_response
from tests.support.endpoint_app import settings


@pytest.mark.parametrize("training", sorted(load_library(PROMPTS).scripts))
def test_shipped_scripts_take_two_or_three_minutes(training: str) -> None:
    for locale in ("en", "de", "es", "fr"):
        metadata = JobMetadata(training_type=training, locale=locale)
        script, welcome = script_for(metadata), welcome_for(metadata)
        assert welcome.welcome_text == script.welcome_text
        texts = (script.opening, script.closing)
        assert welcome.spoken_s == sum(estimate_speech_s(text, locale) for text in texts)
        introduction = introduction_of(welcome, poster_url="https://p.example/maya.jpg")
        assert introduction.guide == script.guide != ""
        assert introduction.minutes in (2, 3)
        assert introduction.questions == len(script.questions)
        assert introduction.poster_url == "https://p.example/maya.jpg"


def test_poster_of_the_script_is_used_before_the_setting() -> None:
    welcome = replace(welcome_for(JobMetadata()), poster="https://s.example/a.png")
    introduction = introduction_of(welcome, poster_url="https://p.example/b")
    assert introduction.poster_url == welcome.poster


def test_endpoint_introduces_the_guide_of_the_trainees_script(tmp_path: Path) -> None:
    metadata = JobMetadata(session_id="s", training_type="forklift", locale="fr")
    with_poster = settings(tmp_path, POSTER_URL="https://p.example/maya.jpg")
    response = greeting_response(with_poster, metadata, client=None, rejoins=False)
    assert response.introduction.guide == script_for(metadata).guide
    assert response.introduction.poster_url == "https://p.example/maya.jpg"
    assert response.fallback.locale == "fr"
