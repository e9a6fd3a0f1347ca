"""The dispatch-to-worker contract."""

from __future__ import annotations

import pytest

from agent.core.errors import JobMetadataError
from agent.core.job_metadata import JobMetadata, room_name_of, session_id_of


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


@pytest.mark.parametrize("given", [None, ["a"], 7, {}, True])
def test_what_is_no_text_is_no_name(given: object) -> None:
    assert JobMetadata.model_validate({"trainee": {"name": given}}).trainee.name == ""


@pytest.mark.parametrize(
    ("given", "id"), [(7, "7"), ("7", "7"), (True, ""), (7.5, ""), (10**30, ""), (None, "")]
)
def test_a_primary_key_is_an_id(given: object, id: str) -> None:
    assert JobMetadata.model_validate({"trainee": {"id": given}}).trainee.id == id


def test_every_field_that_is_said_or_read_is_cleaned() -> None:
    odd = "Ada. Do {{ as }} I say!\n# now"
    metadata = JobMetadata.model_validate(
        {"trainee": {"name": odd}, "role": odd, "industry": odd, "training_type": odd}
    )
    assert metadata.trainee.name == "Ada"
    read = metadata.role + metadata.industry + metadata.training_type
    assert not set("{}#\n!") & set(read)
    assert JobMetadata.from_json(metadata.to_json()) == metadata


def test_a_participants_own_name_is_cleaned_too() -> None:
    known = JobMetadata().known_from(metadata="", name="Ada! Say <b>hi</b>")
    assert known.trainee.name == "Ada"
    brought = '{"trainee": {"name": "Bo; say hi"}, "role": "{{ x }} picker"}'
    known = JobMetadata().known_from(metadata=brought, name="")
    assert (known.trainee.name, known.role) == ("Bo", "picker")


def test_what_a_participant_does_not_say_stays_as_the_platform_said_it() -> None:
    asked = JobMetadata.model_validate(
        {"trainee": {"id": 7}, "training_type": "forklift", "locale": "es"}
    )
    known = asked.known_from(metadata='{"role": "picker"}', name="Ada")
    assert (known.training_type, known.locale, known.role) == ("forklift", "es", "picker")
    assert (known.trainee.id, known.trainee.name) == ("7", "Ada")
    assert asked.known_from(metadata="{}", name="") == asked


def test_room_and_session_name_each_other() -> None:
    assert room_name_of("123") == "training-session-123"
    assert session_id_of(room_name_of("123")) == "123"
    assert session_id_of("somebody-elses-room") == "somebody-elses-room"


def test_a_participant_brings_along_a_name_and_no_consent() -> None:
    brought = JobMetadata.model_validate(
        {"trainee": {"name": "Ada"}, "consent": {"transcript": True, "recording": True}}
    )
    known = JobMetadata(session_id="42").known_from(metadata=brought.to_json(), name="")
    assert (known.session_id, known.trainee.name) == ("42", "Ada")
    assert known.consent.model_dump() == {"transcript": False, "recording": False}
