"""What the page and the worker say to each other inside the room; names only.

`web/src/livekit/roomContract.ts` has the same names for the page, and a test compares the two.
"""

from __future__ import annotations

RPC_CAN_HEAR = "can_hear"
"""Page to agent: `{"sound_unlocked": bool, "audio_from": [identity, …]}`; answers `ok`."""

RPC_END_GREETING = "end_greeting"
"""Page to agent: `{"reason": "continue"}`; answers `ok` and ends the greeting at once."""

RPC_START_TIMELINE = "start_timeline"
"""Page to agent: how many ms ago each moment of its start was, `{"page_asked": 2100, …}`; see
`agent.outcomes.timeline.MOMENTS`. Answers `ok`, and changes nothing but the timeline."""

ATTRIBUTE_CLIENT = "greeting.client"
"""On the trainee, set by the endpoint's token: which page this is."""

CLIENT_AVATAR_GREETING = "avatar-greeting"
"""Our page: it will report `can_hear`, so the opening waits for it."""

ATTRIBUTE_SEEN = "greeting.seen"
"""On the trainee, changed by the worker as they arrive, so that LiveKit announces them at once."""

ATTRIBUTE_MODE = "greeting.mode"
"""On the agent, who speaks now: `avatar` or `voice`; `text` where nobody can: what would be said is
read, as captions."""

ATTRIBUTE_MODE_REASON = "greeting.mode_reason"
"""On the agent: why it is not the avatar: `avatar_refused`, `avatar_late`, `avatar_left`,
`avatar_stalled`, `avatar_budget` or `speech_failed`; empty while the avatar speaks."""

ATTRIBUTE_LOCALE = "greeting.locale"
"""On the agent: the tag of the language now spoken, `es`; the page's own words follow it."""

ATTRIBUTE_CLOSING = "greeting.closing"
"""On the agent: `soon` when the end of the time is near; once the closing line has been said,
`highlight_continue`, or `continue` where the page goes on by itself; empty again where the trainee
goes on talking."""

ATTRIBUTE_RECORDING = "greeting.recording"
"""On the agent: `on` while the trainee is being recorded; empty otherwise."""

ATTRIBUTE_GREETER = "greeting.greeter"
"""On the agent, from its first moment: `1`; this is how greeters know each other."""

RPC_GREETER_ALIVE = "greeter_alive"
"""Greeter or page to greeter: answers `yes`; a dead one's ghost does not answer."""

ATTRIBUTE_ENDED = "greeting.ended"
"""On the agent, just before the room closes: why the greeting ended."""
