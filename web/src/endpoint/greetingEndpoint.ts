/** The client of the token endpoint for hosts that use LiveKit's own `useSession`. */
import { TokenSource } from "livekit-client";

import { createEndpointClient, type GreetingEndpointOptions } from "./endpointClient.js";

export type GreetingEndpoint = ReturnType<typeof createGreetingEndpoint>;

/** A client for one attempt to greet; for a new attempt, create a new one. */
export function createGreetingEndpoint(options: GreetingEndpointOptions) {
  const client = createEndpointClient(options);
  return {
    ...client,

    /** For `useSession`. Returns the same token even if LiveKit asks for a new one. */
    tokenSource: TokenSource.custom(async () => {
      const { serverUrl, participantToken } = await client.requestToken();
      return { serverUrl, participantToken };
    }),
  };
}
