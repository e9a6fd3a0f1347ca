"use client";

export { AvatarGreeting, type AvatarGreetingProps } from "./components/AvatarGreeting.js";
export { AvatarVideo, type AvatarVideoProps } from "./components/AvatarVideo.js";
export {
  type Authorization,
  type Fallback,
  type Feedback,
  GreetingEndpointError,
  type GreetingEndpointOptions,
  type GreetingToken,
  type Introduction,
  type RequestHeaders,
} from "./endpoint/endpointClient.js";
export { createGreetingEndpoint, type GreetingEndpoint } from "./endpoint/greetingEndpoint.js";
export type { GreetingCallbacks, GreetingError, GreetingOptions } from "./greetingOptions.js";
export { useGreeting, type UseGreetingResult } from "./useGreeting.js";
export type { Activity } from "./livekit/agentPresence.js";
export type { Caption } from "./livekit/captions.js";
export type { Label } from "./livekit/labelReporter.js";
export type { Playback } from "./livekit/playbackReporter.js";
export type { OpenQuestion, Questions, Tap } from "./livekit/questions.js";
export type { AgentCalls } from "./livekit/useAgentCalls.js";
export type { AgentPresence } from "./livekit/useAgentPresence.js";
export type { Conversation } from "./livekit/useCaptions.js";
export type { Microphone, MicrophoneStatus } from "./livekit/useMicrophone.js";
export type {
  AgentMode,
  AgentStatus,
  Closing,
  FailureReason,
  GreetingState,
  Mode,
  ModeReason,
} from "./state/greetingState.js";
export type { Leaving } from "./state/useContinue.js";
export type { Labels, PartialTexts, Texts } from "./texts/index.js";
