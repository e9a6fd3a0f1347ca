"""Captions are valid WebVTT with the times of the speech."""

from __future__ import annotations

from livekit.agents.llm import ChatMessage

from agent.recording.captions import Captions

STARTED = 1_000_000.0


def message(role: str, text: str, at: float, **metrics: float) -> ChatMessage:
    return ChatMessage.model_validate(
        {"role": role, "content": [text], "created_at": STARTED + at, "metrics": metrics}
    )


def test_captions_name_the_speaker_and_split_lines_into_sentences() -> None:
    captions = Captions()
    spoken = {"started_speaking_at": STARTED + 2, "stopped_speaking_at": STARTED + 6}
    captions.add(
        message("assistant", "Hello Ada. Good?", 2, **spoken), "Hello Ada. Good?", typed=False
    )
    captions.add(message("user", "Is 3 < 4 & so on", 7.5), "Is 3 < 4 & so on", typed=True)
    assert captions.as_webvtt(STARTED, 60.0) == (
        "WEBVTT\n\n"
        "00:00:02.000 --> 00:00:04.667\n<v Guide>Hello Ada.</v>\n\n"
        "00:00:04.667 --> 00:00:06.000\n<v Guide>Good?</v>\n\n"
        "00:00:07.500 --> 00:00:09.500\n<v Trainee>Is 3 &lt; 4 &amp; so on</v>\n"
    )


def test_captions_leave_out_lines_outside_the_recording() -> None:
    captions = Captions()
    for at, text in ((-3.0, "before it"), (3598.0, "at its end"), (4000.0, "after it")):
        times = {"started_speaking_at": STARTED + at, "stopped_speaking_at": STARTED + at + 2.5}
        captions.add(message("user", text, at, **times), text, typed=False)
    assert captions.as_webvtt(STARTED, 3600.0) == (
        "WEBVTT\n\n00:59:58.000 --> 01:00:00.000\n<v Trainee>at its end</v>\n"
    )


def test_captions_escape_text_that_looks_like_a_cue() -> None:
    captions = Captions()
    text = "a\n\n00:00:00.000 --> 00:09:00.000\n<v Guide>lie"
    captions.add(message("user", text, 1), text, typed=True)
    blocks = captions.as_webvtt(STARTED, 60.0).strip().split("\n\n")
    assert len(blocks) == 2
    assert blocks[1].splitlines()[1].startswith("<v Trainee>a 00:00:00.000 --&gt; ")
