import { RoomAudioRenderer, SessionProvider } from "@livekit/components-react";
import { useContext, useMemo, useState } from "react";

import type { EndpointClient } from "../endpoint/endpointClient.js";
import type { JoinOptions } from "../state/joinOptions.js";
import { useNameForNewAgent } from "../livekit/useAgentCalls.js";
import { isConversing } from "../state/greetingState.js";
import { useGreetingAt } from "../useGreeting.js";
import { GuideContext } from "../texts/guide.js";
import type { AvatarGreetingProps } from "./AvatarGreeting.js";
import { GreetingView } from "./GreetingView.js";
import { LabelReportContext } from "./useLabelInView.js";

type GreetingProps = AvatarGreetingProps & {
  endpoint: EndpointClient;
  join: JoinOptions;
  /** Called with what the trainee changes, so that a reload keeps it. */
  changeJoin: (change: Partial<JoinOptions>) => void;
  tryAgain: () => void;
  /** The name that the trainee chose in this session; undefined if they chose none. */
  chosenName: string | undefined;
  keepName: (name: string) => void;
};

/** One attempt to greet: the LiveKit session; `GreetingView` shows it. */
export function Greeting(props: GreetingProps) {
  const { endpoint, join, changeJoin, guideName, tryAgain, chosenName, keepName } = props;
  const { session, labelShown, ...greeting } = useGreetingAt(endpoint, props, join);
  const before = useContext(GuideContext);

  useNameForNewAgent(greeting.calls, isConversing(greeting.state), chosenName);

  const announced = greeting.agent?.guide;
  const [learnedName, setLearnedName] = useState<string>();
  // Kept while no agent is in the room, and after the end.
  if (announced !== undefined && announced !== learnedName) setLearnedName(announced);
  const takesFeedbackNow = greeting.agent?.takesFeedback === true;
  const [takesFeedback, setTakesFeedback] = useState(false);
  if (takesFeedbackNow && !takesFeedback) setTakesFeedback(true);
  const name = guideName ?? learnedName ?? before.name;
  const guide = useMemo(() => ({ ...before, name }), [name, before]);

  const microphone = {
    ...greeting.microphone,
    toggle: () => {
      changeJoin({ microphone: greeting.microphone.status !== "on" });
      greeting.microphone.toggle();
    },
  };
  const unlock = () => {
    changeJoin({ sound: true });
    greeting.unlock();
  };
  const readAlong = () => {
    changeJoin({ sound: false });
    greeting.readAlong();
  };
  return (
    <GuideContext.Provider value={guide}>
      <SessionProvider session={session}>
        <RoomAudioRenderer room={session.room} muted={greeting.playback === "off"} />
        <LabelReportContext.Provider value={labelShown}>
          <GreetingView
            {...greeting}
            {...{ microphone, unlock, readAlong, tryAgain, takesFeedback }}
            traineeName={props.traineeName}
            onName={keepName}
          />
        </LabelReportContext.Provider>
      </SessionProvider>
    </GuideContext.Provider>
  );
}
