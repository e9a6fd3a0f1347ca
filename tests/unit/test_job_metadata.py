"""The dispatch-to-worker contract."""

from __future__ import annotations

import pytest

from agent.errors import JobMetadataError
from agent.job_metadata import JobMetadata, room_name_of, session_id_of


def test_what_is_written_is_read_back() -> None:
    metadata = JobMetadata.model_validate(
        {"session_id": "42", "trainee": {"id": "7", "name": "Zoë"}, "consent": {"transcript": True}}
    )
    assert JobMetadata.from_json(metadata.to_json()) == metadata


def test_consent_is_false_unless_said() -> None:
    consent = JobMetadata.from_json('{"session_id": "1"}').consent
    assert (consent.transcript, consent.recording) == (False, False)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '"x"', '{"v": 2}', '{"trainee": 5}', "[" * 9_999]
)
def test_unreadable_metadata_is_our_own_error(text: str) -> None:
    with pytest.raises(JobMetadataError):
        JobMetadata.from_json(text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Ada\n\tLovelace ", "Ada Lovelace"),
        ("A\u202eda\u0000", "Ada"),
        ("x" * 10_000, "x" * 80),
        (None, ""),
        (["a"], ""),
    ],
)
def test_odd_names_are_made_harmless_and_never_refused(given: object, said: str) -> None:
    assert JobMetadata.model_validate({"trainee": {"name": given}}).trainee.name == said


def test_room_and_session_name_each_other() -> None:
    assert room_name_of("123") == "training-session-123"
    assert session_id_of(room_name_of("123")) == "123"
    assert session_id_of("somebody-elses-room") == "somebody-elses-room"
