/**
 * The RPC methods and participant attributes that the page and the worker share; names only.
 *
 * `agent/room/contract.py` has the same names for the worker, and
 * `tests/unit/test_room_contract.py` compares the two files.
 */

/** Page to agent: `{"sound_unlocked": bool, "audio_from": [identity, …]}`. Returns `ok`. */
export const RPC_CAN_HEAR = "can_hear";

/** Page to agent: `{"reason": "continue"}`. Ends the greeting at once and returns `ok`. */
export const RPC_END_GREETING = "end_greeting";

/** Page to agent: how many ms ago each moment of the start was, `{"page_asked": 2100, …}`. */
export const RPC_START_TIMELINE = "start_timeline";

/** Page to agent: how many ms ago each label was visible for the first time, `{"ai": 2100}`. */
export const RPC_LABELS_SHOWN = "labels_shown";

/**
 * Page to agent, while the trainee types: at most every two seconds, without content. Typing is not
 * silence.
 */
export const RPC_TYPING = "typing";

/**
 * Page to agent: returns `{"lines": [{"from": "agent", "text": "…", "lang": "en"}, …]}`, what was
 * said and typed before this page joined.
 */
export const RPC_EARLIER_LINES = "earlier_lines";

/** Page to agent: stop the recording and delete it. Returns `ok`. */
export const RPC_STOP_RECORDING = "stop_recording";

/** On the trainee, set in the token by the endpoint: which page it is. */
export const ATTRIBUTE_CLIENT = "greeting.client";

/** This page: it calls `can_hear`, so the opening waits for that call. */
export const CLIENT_AVATAR_GREETING = "avatar-greeting";

/** On the trainee, set by the worker when they join, so that LiveKit announces them at once. */
export const ATTRIBUTE_SEEN = "greeting.seen";

/**
 * On the agent: `avatar`, `voice`, or `text` if it cannot speak and its lines are shown as
 * captions.
 */
export const ATTRIBUTE_MODE = "greeting.mode";

/**
 * On the agent: why it does not use the avatar: `avatar_refused`, `avatar_late`, `avatar_left`,
 * `avatar_stalled`, `avatar_budget` or `speech_failed`; empty in `avatar` mode.
 */
export const ATTRIBUTE_MODE_REASON = "greeting.mode_reason";

/** On the agent, from its start: `1`; agents find each other by it. */
export const ATTRIBUTE_AGENT = "greeting.greeter";

/** Agent or page to agent: returns `yes`; an agent that died does not answer. */
export const RPC_AGENT_ALIVE = "greeter_alive";

/** On the agent, before it speaks: the BCP 47 tag of the current language. */
export const ATTRIBUTE_LOCALE = "greeting.locale";

/**
 * On the agent: `soon` when time is nearly up; after the closing line, `highlight_continue` or
 * `continue`; empty again if the trainee goes on talking.
 */
export const ATTRIBUTE_CLOSING = "greeting.closing";

/** On the agent: the name by which the script introduces it, for example `Maya`. */
export const ATTRIBUTE_GUIDE = "greeting.guide";

/** On the agent, from the opening on: `on` if the outcome keeps feedback. */
export const ATTRIBUTE_FEEDBACK = "greeting.feedback";

/** On the agent, from the end of the opening: the questions, as JSON; see `questions.ts`. */
export const ATTRIBUTE_QUESTIONS = "greeting.questions";

/** On a typed message: which button sent it, as JSON; see `Tap` in `questions.ts`. */
export const ATTRIBUTE_TAP = "greeting.tap";

/** Page to agent: `{"name": "Ada"}`. Returns `{"name": "Ada"}` as the agent says it, or empty. */
export const RPC_SET_NAME = "set_name";

/** Page to agent: `{"helpful": true, "comment": "…"}`, feedback for the outcome. Returns `ok`. */
export const RPC_FEEDBACK = "feedback";

/** On the agent: `on` while the trainee is being recorded; empty otherwise. */
export const ATTRIBUTE_RECORDING = "greeting.recording";

/** On the agent, just before the room closes: the end reason. */
export const ATTRIBUTE_ENDED = "greeting.ended";
