/** The standalone page: it mounts `AvatarGreeting` with the platform's configuration. */
import "./styles/index.css";
import "./page.css";

import { setLogLevel } from "livekit-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { AvatarGreeting } from "./components/AvatarGreeting.js";
import { readConfig } from "./config.js";
import { browserLanguages, textsFor } from "./texts/index.js";

setLogLevel("warn");

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const config = readConfig(document, location.search);
const languages = [config?.locale, ...browserLanguages()];
setLanguage(undefined);

createRoot(root).render(
  <StrictMode>
    <main>
      {config === undefined ? (
        <NoSession />
      ) : (
        <AvatarGreeting {...config} onStateChange={({ locale }) => setLanguage(locale)} />
      )}
    </main>
  </StrictMode>,
);

/** Set the language and the title of the document. */
function setLanguage(locale: string | undefined) {
  const texts = textsFor([locale, ...languages]);
  document.documentElement.lang = texts.locale;
  document.title = texts.page.title;
}

function NoSession() {
  const { page } = textsFor(languages);
  return (
    <div className="tg-root" data-testid="avatar-greeting" data-state="unconfigured">
      <div className="tg-ending">
        <h1>{page.noSession}</h1>
        <p>{page.openFromPlatform}</p>
        <p className="tg-note">
          {page.forDevelopers
            .split("`")
            .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
        </p>
      </div>
    </div>
  );
}
