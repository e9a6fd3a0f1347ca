/** A course page with looks of its own: the greeting first, then the lesson. */
import { AvatarGreeting, type GreetingState } from "@training-greeter/react";
import { useState } from "react";

// Your backend says these: the endpoint for this trainee's session, and their JWT.
const asked = new URLSearchParams(location.search);
const ENDPOINT = asked.get("endpoint") ?? "";
const JWT = asked.get("jwt") ?? "";
const LOCALE = asked.get("locale") ?? undefined;

export function App() {
  const [phase, setPhase] = useState<GreetingState["phase"]>("requesting");
  const [lesson, setLesson] = useState<{ video: string | undefined }>();

  return (
    <>
      <header className="bar">
        <h1>Northwind Academy</h1>
        <button type="button">My courses</button>
      </header>
      <main className="course">
        {lesson === undefined ? (
          <AvatarGreeting
            endpointUrl={ENDPOINT}
            authorization={JWT}
            locale={LOCALE}
            onStateChange={(state) => setPhase(state.phase)}
            onContinue={(video) => setLesson({ video })}
          />
        ) : (
          <p data-testid="lesson">Your lesson: {lesson.video ?? "no video yet"}</p>
        )}
      </main>
      <p className="foot" data-testid="phase">
        {phase}
      </p>
    </>
  );
}
