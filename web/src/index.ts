"use client";

export { AvatarGreeting, type AvatarGreetingProps } from "./AvatarGreeting.js";
export { AvatarVideo, type AvatarVideoProps } from "./AvatarVideo.js";
export {
  type Authorization,
  createGreetingEndpoint,
  type Fallback,
  type GreetingEndpoint,
  GreetingEndpointError,
  type GreetingEndpointOptions,
  type Seat,
} from "./endpoint.js";
export type { Closing, FailureReason, GreetingState, Mode } from "./greetingReducer.js";
