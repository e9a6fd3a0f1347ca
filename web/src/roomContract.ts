/**
 * What the page and the worker say to each other inside the room; names only.
 *
 * `agent/room/contract.py` holds the same names for the worker, and a test compares the two.
 */

/** Page to agent: `{"sound_unlocked": bool, "audio_from": [identity, …]}`; answers `ok`. */
export const RPC_CAN_HEAR = "can_hear";

/** Page to agent: `{"reason": "continue"}`; answers `ok` and ends the greeting at once. */
export const RPC_END_GREETING = "end_greeting";

/** Page to agent: how many ms ago each moment of its start was, `{"page_asked": 2100, …}`. */
export const RPC_START_TIMELINE = "start_timeline";

/** On the trainee, set by the endpoint's token: which page this is. */
export const ATTRIBUTE_CLIENT = "greeting.client";

/** Our page: it will report `can_hear`, so the opening waits for it. */
export const CLIENT_AVATAR_GREETING = "avatar-greeting";

/** On the trainee, set by the worker when they arrive, so that LiveKit announces them at once. */
export const ATTRIBUTE_SEEN = "greeting.seen";

/**
 * On the agent: `avatar` or `voice`, whoever speaks now; `text` where nobody can speak: what would be
 * said is read, as captions.
 */
export const ATTRIBUTE_MODE = "greeting.mode";

/**
 * On the agent: why it is not the avatar: `avatar_refused`, `avatar_late`, `avatar_left`,
 * `avatar_stalled`, `avatar_budget` or `speech_failed`; empty while the avatar speaks.
 */
export const ATTRIBUTE_MODE_REASON = "greeting.mode_reason";

/** On the agent, from its first moment: `1`; this is how greeters know each other. */
export const ATTRIBUTE_GREETER = "greeting.greeter";

/** Greeter or page to greeter: answers `yes`; a dead one's ghost does not answer. */
export const RPC_GREETER_ALIVE = "greeter_alive";

/** On the agent, before its first word: the BCP 47 tag of the language it speaks now. */
export const ATTRIBUTE_LOCALE = "greeting.locale";

/**
 * On the agent: `soon` when the end of the time is near; once the closing line has been said,
 * `highlight_continue` or `continue`; empty again when the trainee talks on.
 */
export const ATTRIBUTE_CLOSING = "greeting.closing";

/** On the agent: `on` while the trainee is being recorded; empty otherwise. */
export const ATTRIBUTE_RECORDING = "greeting.recording";

/** On the agent, just before the room closes: why the greeting ended. */
export const ATTRIBUTE_ENDED = "greeting.ended";
