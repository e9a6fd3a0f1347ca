/** The greeting page: mounts AvatarGreeting, nothing else. */
import "./styles.css";
import "./page.css";

import { setLogLevel } from "livekit-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { AvatarGreeting } from "./AvatarGreeting.js";
import { readConfig } from "./config.js";
import { languagesHere, wordsFor } from "./words/index.js";

setLogLevel("warn");

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const config = readConfig(document, location.search);
const languages = [config?.locale, ...languagesHere()];
speak(undefined);

createRoot(root).render(
  <StrictMode>
    <main>
      {config === undefined ? (
        <OpenedAlone />
      ) : (
        <AvatarGreeting {...config} onStateChange={({ locale }) => speak(locale)} />
      )}
    </main>
  </StrictMode>,
);

/** The document says which language it is in, its title too. */
function speak(locale: string | undefined) {
  const words = wordsFor(locale, ...languages);
  document.documentElement.lang = words.locale;
  document.title = words.page.title;
}

function OpenedAlone() {
  const { page } = wordsFor(...languages);
  return (
    <div className="tg-root" data-testid="avatar-greeting" data-state="unconfigured">
      <div className="tg-closing">
        <h1>{page.openedAlone}</h1>
        <p>{page.openIt}</p>
        <p className="tg-note">
          {page.forDevelopers
            .split("`")
            .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
        </p>
      </div>
    </div>
  );
}
