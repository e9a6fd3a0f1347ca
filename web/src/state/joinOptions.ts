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
