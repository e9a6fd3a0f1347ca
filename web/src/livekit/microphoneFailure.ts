/** Why the browser gives no microphone. */
export type MicrophoneFailure =
  | "denied"
  /** The page around this one does not delegate the microphone (`<iframe allow="microphone">`). */
  | "notAllowedByHost"
  /** There is no microphone, or the page is not allowed to use one (http, iframe). */
  | "absent"
  | "failed";

export function microphoneFailureOf(error: unknown): MicrophoneFailure {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return isAllowedByHost() ? "denied" : "notAllowedByHost";
  }
  if (
    ["NotFoundError", "OverconstrainedError", "DeviceUnsupportedError", "TypeError"].includes(name)
  ) {
    return "absent";
  }
  return "failed";
}

/** True if the browser cannot tell: only Chromium can. */
function isAllowedByHost(): boolean {
  const { featurePolicy } = document as {
    featurePolicy?: { allowsFeature(name: string): boolean };
  };
  return featurePolicy?.allowsFeature("microphone") ?? true;
}
