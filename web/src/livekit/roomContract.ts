/**
 * The names of the RPC methods and participant attributes that the page and the worker share.
 *
 * docs/client-protocol.md says what they mean. `agent/room/contract.py` has them for the worker, and
 * `tests/unit/test_room_contract.py` compares the two files.
 */

// From the page to the agent
export const RPC_CAN_HEAR = "can_hear";
export const RPC_END_GREETING = "end_greeting";
export const RPC_START_TIMELINE = "start_timeline";
export const RPC_LABELS_SHOWN = "labels_shown";
export const RPC_TYPING = "typing";
export const RPC_EARLIER_LINES = "earlier_lines";
export const RPC_STOP_RECORDING = "stop_recording";
export const RPC_AGENT_ALIVE = "greeter_alive";
export const RPC_SET_NAME = "set_name";
export const RPC_FEEDBACK = "feedback";

// Of the agent
export const ATTRIBUTE_MODE = "greeting.mode";
export const ATTRIBUTE_MODE_REASON = "greeting.mode_reason";
export const ATTRIBUTE_LOCALE = "greeting.locale";
export const ATTRIBUTE_CLOSING = "greeting.closing";
export const ATTRIBUTE_GUIDE = "greeting.guide";
export const ATTRIBUTE_FEEDBACK = "greeting.feedback";
export const ATTRIBUTE_QUESTIONS = "greeting.questions";
export const ATTRIBUTE_RECORDING = "greeting.recording";
export const ATTRIBUTE_ENDED = "greeting.ended";

/** On a typed message: which button sent it, as JSON; see `Tap` in `questions.ts`. */
export const ATTRIBUTE_TAP = "greeting.tap";

/** In the request to the endpoint: this page calls `can_hear`, so the opening waits for that call. */
export const CLIENT_AVATAR_GREETING = "avatar-greeting";
