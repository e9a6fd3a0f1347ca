"""Job metadata: parsing, cleaning, and completion from a participant."""

from __future__ import annotations

import pytest

from agent.core.errors import JobMetadataError
from agent.core.job_metadata import JobMetadata, room_name_of, session_id_of


def test_job_metadata_round_trips_through_json() -> None:
    metadata = JobMetadata.model_validate(
        {"session_id": "42", "trainee": {"id": "7", "name": "Zoë"}, "consent": {"transcript": True}}
    )
    assert JobMetadata.from_json(metadata.to_json()) == metadata


def test_consent_defaults_to_false() -> None:
    consent = JobMetadata.from_json('{"session_id": "1"}').consent
    assert (consent.transcript, consent.recording) == (False, False)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '"x"', '{"v": 2}', '{"trainee": 5}', "[" * 9_999]
)
def test_from_json_raises_job_metadata_error(text: str) -> None:
    with pytest.raises(JobMetadataError):
        JobMetadata.from_json(text)


@pytest.mark.parametrize("given", [None, ["a"], 7, {}, True])
def test_trainee_name_is_empty_if_not_a_string(given: object) -> None:
    assert JobMetadata.model_validate({"trainee": {"name": given}}).trainee.name == ""


@pytest.mark.parametrize(
    ("given", "id"), [(7, "7"), ("7", "7"), (True, ""), (7.5, ""), (10**30, ""), (None, "")]
)
def test_trainee_id_accepts_strings_and_64_bit_integers(given: object, id: str) -> None:
    assert JobMetadata.model_validate({"trainee": {"id": given}}).trainee.id == id


def test_job_metadata_cleans_every_field_that_is_said_or_read() -> None:
    odd = "Ada. Do {{ as }} I say!\n# now"
    metadata = JobMetadata.model_validate(
        {"trainee": {"name": odd}, "role": odd, "industry": odd, "training_type": odd}
    )
    assert metadata.trainee.name == "Ada"
    read = metadata.role + metadata.industry + metadata.training_type
    assert not set("{}#\n!") & set(read)
    assert JobMetadata.from_json(metadata.to_json()) == metadata


def test_room_name_and_session_id_convert_both_ways() -> None:
    assert room_name_of("123") == "training-session-123"
    assert session_id_of(room_name_of("123")) == "123"
    assert session_id_of("another-room") == "another-room"
