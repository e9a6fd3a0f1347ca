import "./styles.css";

export { AvatarGreeting, type AvatarGreetingProps } from "./AvatarGreeting";
export { AvatarVideo, type AvatarVideoProps } from "./AvatarVideo";
export {
  type Authorization,
  createGreetingEndpoint,
  type Fallback,
  type GreetingEndpoint,
  GreetingEndpointError,
  type GreetingEndpointOptions,
  type Seat,
} from "./endpoint";
export type { FailureReason, GreetingState, Mode } from "./useGreetingState";
