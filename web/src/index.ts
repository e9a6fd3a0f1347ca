"use client";

export { AvatarGreeting, type AvatarGreetingProps } from "./components/AvatarGreeting.js";
export { AvatarVideo, type AvatarVideoProps } from "./components/AvatarVideo.js";
export {
  type Authorization,
  type Fallback,
  GreetingEndpointError,
  type GreetingEndpointOptions,
  type GreetingToken,
} from "./endpoint/endpointClient.js";
export { createGreetingEndpoint, type GreetingEndpoint } from "./endpoint/greetingEndpoint.js";
export type { GreetingCallbacks, GreetingError, GreetingOptions } from "./greetingOptions.js";
export { useGreeting, type UseGreetingResult } from "./useGreeting.js";
export type { Closing, FailureReason, GreetingState, Mode } from "./state/greetingState.js";
export type { Labels, PartialTexts } from "./texts/index.js";
