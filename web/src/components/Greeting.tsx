import { RoomAudioRenderer, SessionProvider } from "@livekit/components-react";

import type { GreetingEndpoint } from "../endpoint/greetingEndpoint.js";
import { textsFor } from "../texts/index.js";
import { TextsContext, useTexts } from "../texts/useTexts.js";
import { useGreetingAt } from "../useGreeting.js";
import type { AvatarGreetingProps } from "./AvatarGreeting.js";
import { GreetingView } from "./GreetingView.js";
import { DisclosureContext } from "./useDisclosed.js";

type GreetingProps = AvatarGreetingProps & {
  endpoint: GreetingEndpoint;
  tryAgain: () => void;
};

/** One attempt to greet: the LiveKit session; `GreetingView` shows it. */
export function Greeting(props: GreetingProps) {
  const { endpoint, traineeName, tryAgain } = props;
  const { session, labelShown, ...greeting } = useGreetingAt(endpoint, props);
  const { locale } = greeting.state;

  const outerTexts = useTexts();
  const texts = locale === undefined ? outerTexts : textsFor(locale, outerTexts.locale);

  return (
    <TextsContext.Provider value={texts}>
      <SessionProvider session={session}>
        <RoomAudioRenderer room={session.room} />
        <DisclosureContext.Provider value={labelShown}>
          <GreetingView {...greeting} traineeName={traineeName} tryAgain={tryAgain} />
        </DisclosureContext.Provider>
      </SessionProvider>
    </TextsContext.Provider>
  );
}
