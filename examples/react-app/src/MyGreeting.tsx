import { RoomAudioRenderer } from "@livekit/components-react";
import { AvatarVideo, type GreetingOptions, useGreeting } from "@training-greeter/react";
import "@training-greeter/react/styles.css";

export function MyGreeting(props: GreetingOptions) {
  const { agent, conversation, labelShown, leave, playback, session, unlock } = useGreeting(props);
  return (
    <>
      <RoomAudioRenderer room={session.room} muted={playback === "off"} />
      <AvatarVideo videoTrack={agent?.videoTrack} labelShown={labelShown} />
      {playback === "blocked" && <button onClick={unlock}>Turn on sound</button>}
      {conversation.captions.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
      <button onClick={leave}>Continue</button>
    </>
  );
}
