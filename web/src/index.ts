"use client";

export { AvatarGreeting, type AvatarGreetingProps } from "./components/AvatarGreeting.js";
export { AvatarVideo, type AvatarVideoProps } from "./components/AvatarVideo.js";
export {
  type Authorization,
  createGreetingEndpoint,
  type Fallback,
  type GreetingEndpoint,
  GreetingEndpointError,
  type GreetingEndpointOptions,
  type GreetingToken,
} from "./endpoint/greetingEndpoint.js";
export {
  type GreetingCallbacks,
  type GreetingError,
  type GreetingOptions,
  useGreeting,
  type UseGreetingResult,
} from "./useGreeting.js";
export type { Closing, FailureReason, GreetingState, Mode } from "./state/greetingState.js";
export type { Labels, PartialTexts } from "./texts/index.js";
