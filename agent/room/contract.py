"""The names that the page and the worker use in the room.

`web/src/livekit/roomContract.ts` holds the same names for the page; a test compares the two files.
"""

from __future__ import annotations

RPC_CAN_HEAR = "can_hear"
"""Page to agent: `{"sound_unlocked": bool, "audio_from": [identity, …]}`, at connection and at
every change. The opening waits until sound is unlocked and the agent or avatar is audible. Returns
`ok`."""

RPC_END_GREETING = "end_greeting"
"""Page to agent: `{"reason": "continue"}`. Ends the greeting at once and returns `ok`."""

TOPIC_END = "greeting.end"
"""Token endpoint to agent, as a data message: the end reason. The agent ends the greeting and
closes the room. Messages that a participant sends are ignored."""

RPC_START_TIMELINE = "start_timeline"
"""Page to agent: how many ms ago each moment of its start was, `{"page_asked": 2100, …}`; see
`agent.outcomes.timeline.MOMENTS`. Returns `ok`; it changes only the timeline."""

RPC_LABELS_SHOWN = "labels_shown"
"""Page to agent: how many ms ago each label was visible for the first time, `{"ai": 2100,
"recording": 300}`. Sent whenever another label becomes visible. Returns `ok`."""

RPC_TYPING = "typing"
"""Page to agent, while the trainee types: at most every two seconds, without content. Typing is not
silence. Returns `ok`."""

RPC_EARLIER_LINES = "earlier_lines"
"""Page to agent: returns `{"lines": [{"from": "agent", "text": "…", "lang": "en"}, …]}`, what was
said and typed before this page joined. `from` is `agent` or `trainee`."""

RPC_STOP_RECORDING = "stop_recording"
"""Page to agent: stop the recording and delete it. Returns `ok`."""

ATTRIBUTE_CLIENT = "greeting.client"
"""On the trainee, set by the endpoint's token: which client this is."""

CLIENT_AVATAR_GREETING = "avatar-greeting"
"""Our page, which reports `can_hear`; any other client is greeted after half a second."""

ATTRIBUTE_SEEN = "greeting.seen"
"""On the trainee, changed by the worker so that LiveKit announces the trainee at once."""

ATTRIBUTE_MODE = "greeting.mode"
"""On the agent: the mode in use: `avatar`, `voice`, or `text` (lines are only shown)."""

ATTRIBUTE_MODE_REASON = "greeting.mode_reason"
"""On the agent: why the avatar does not speak: `avatar_refused`, `avatar_late`, `avatar_left`,
`avatar_stalled`, `avatar_budget` or `speech_failed`; empty while the avatar speaks."""

ATTRIBUTE_LOCALE = "greeting.locale"
"""On the agent: the locale in use, for example `es`; the page uses the same language."""

ATTRIBUTE_CLOSING = "greeting.closing"
"""On the agent: `soon` shortly before the time limit. After the closing line `highlight_continue`,
or `continue` if the page should go on by itself. Empty again if the trainee goes on talking."""

ATTRIBUTE_GUIDE = "greeting.guide"
"""On the agent: the name by which the script's guide introduces itself, for example `Maya`."""

ATTRIBUTE_FEEDBACK = "greeting.feedback"
"""On the agent, from the opening on: `on` if the outcome keeps feedback, so that the page may
ask for it; empty with OUTCOME_DETAIL=aggregate."""

ATTRIBUTE_QUESTIONS = "greeting.questions"
"""On the agent, from the end of the opening: the script's questions and the open one, as the JSON
of `agent.greeting.observers.question_progress.QuestionProgress`."""

ATTRIBUTE_TAP = "greeting.tap"
"""On a typed message, set by the page: which button sent it, as JSON:
`{"action": "answer", "question": "mood", "value": "calm"}`; see `agent.core.events.Tap`."""

RPC_SET_NAME = "set_name"
"""Page to agent: `{"name": "Ada"}`, what the trainee wants to be called. Returns
`{"name": "Ada"}` as the agent says it; empty if the text contains no name: nothing changes."""

RPC_FEEDBACK = "feedback"
"""Page to agent, until the room closes: `{"helpful": true, "comment": "one line"}`, what the
trainee thinks of the greeting. A later call replaces an earlier one. Returns `ok`."""

ATTRIBUTE_RECORDING = "greeting.recording"
"""On the agent: `on` while the trainee is being recorded, otherwise empty."""

ATTRIBUTE_AGENT = "greeting.greeter"
"""On the agent from the moment it joins: `1`. Agents recognise each other by it."""

RPC_AGENT_ALIVE = "greeter_alive"
"""Page or agent to agent: returns `yes`. The participant of a dead agent does not answer."""

ATTRIBUTE_ENDED = "greeting.ended"
"""On the agent, just before the room closes: the end reason."""
