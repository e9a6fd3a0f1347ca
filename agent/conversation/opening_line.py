"""The first line of an agent: the opening, or the way back into a greeting that was cut off."""

from __future__ import annotations

from agent.conversation.state import GreetingState
from agent.scripts.disclosure import insert_recording_disclosure


def opening_line(state: GreetingState) -> str:
    """Return the script's opening.

    If the trainee heard it from an earlier agent, return an apology and the open question instead,
    with the recording disclosure if they have not heard that one.
    """
    script, earlier = state.script, state.earlier.disclosure
    recorded = state.recording is not None and state.recording.status == "recording"
    if earlier is None or not script.resume:
        return script.opening_recorded if recorded else script.opening
    question = state.answers.next_open()
    line = f"{script.resume} {question.ask if question else script.check_in}"
    if recorded and not (earlier.recording and earlier.recording.heard_to_end):
        name = state.metadata.trainee.name
        line = insert_recording_disclosure(line, script.recording_disclosure, given=[name])
    return line
