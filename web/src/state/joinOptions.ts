/** How the trainee takes part; the pre-join screen asks for it. */
export interface JoinOptions {
  /** Switch the microphone on. */
  microphone: boolean;
  /** The microphone to use; undefined for the browser's default. */
  deviceId: string | undefined;
  /** Play sound; without it, the trainee reads what is said. */
  sound: boolean;
}

export const JOIN_WITH_ALL: JoinOptions = { microphone: true, deviceId: undefined, sound: true };

/**
 * For a trainee who returns with a browser that has kept no choice: in another browser, or if it
 * refuses storage. They may have left the microphone off.
 */
export const REJOIN: JoinOptions = { ...JOIN_WITH_ALL, microphone: false };

/** Longer than a greeting takes. A later greeting asks again, even if this one had no end here. */
const KEPT_FOR_MS = 60 * 60_000;

/** The options as text that the browser keeps, for a reload or another tab. */
export function writeJoinOptions(options: JoinOptions): string {
  return JSON.stringify({ ...options, until: Date.now() + KEPT_FOR_MS });
}

/** The options in a kept text; undefined if there are none, or if they are too old. */
export function readJoinOptions(text: string | undefined): JoinOptions | undefined {
  try {
    const { until, ...options } = JSON.parse(text ?? "") as JoinOptions & { until: number };
    return until > Date.now() ? options : undefined;
  } catch {
    return undefined;
  }
}
