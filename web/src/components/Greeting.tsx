import { RoomAudioRenderer, SessionProvider } from "@livekit/components-react";
import { useMemo, useState } from "react";

import type { GreetingEndpoint } from "../endpoint/greetingEndpoint.js";
import { textsFor } from "../texts/index.js";
import { TextsContext, useTexts } from "../texts/useTexts.js";
import { useGreetingAt } from "../useGreeting.js";
import { GuideContext } from "../texts/guide.js";
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

  const announced = greeting.agent?.guide;
  const [name, setName] = useState<string>();
  // Kept while no agent is in the room.
  if (announced !== undefined && announced !== name) setName(announced);
  const guide = useMemo(() => ({ name, poster: undefined }), [name]);

  return (
    <TextsContext.Provider value={texts}>
      <GuideContext.Provider value={guide}>
        <SessionProvider session={session}>
          <RoomAudioRenderer room={session.room} />
          <DisclosureContext.Provider value={labelShown}>
            <GreetingView {...greeting} traineeName={traineeName} tryAgain={tryAgain} />
          </DisclosureContext.Provider>
        </SessionProvider>
      </GuideContext.Provider>
    </TextsContext.Provider>
  );
}
