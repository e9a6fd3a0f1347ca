/** A course page with its own styles: first the greeting, then the lesson. */
import { AvatarGreeting, type GreetingState } from "@training-greeter/react";
import { useState } from "react";

// A real app gets these from its backend: the endpoint URL of the trainee's session, and the trainee's JWT.
const query = new URLSearchParams(location.search);
const ENDPOINT = query.get("endpoint") ?? "";
const JWT = query.get("jwt") ?? "";
const LOCALE = query.get("locale") ?? undefined;

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
