/** The greeting page: mounts AvatarGreeting, nothing else. */
import { setLogLevel } from "livekit-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { readConfig } from "./config";
import { AvatarGreeting } from "./index";

setLogLevel("warn");

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const config = readConfig(document, location.search);

createRoot(root).render(
  <StrictMode>
    {config === undefined ? <OpenedAlone /> : <AvatarGreeting {...config} />}
  </StrictMode>,
);

function OpenedAlone() {
  return (
    <main className="tg-root" data-testid="avatar-greeting" data-state="unconfigured">
      <div className="tg-closing">
        <h1>This page is opened by your training platform</h1>
        <p>
          It was loaded without a training session, so there is nobody to greet yet. Please open
          your greeting from the platform.
        </p>
        <p className="tg-note">
          For developers: run <code>make demo</code>, or serve the built page with a{" "}
          <code>greeting-config</code> element in its head.
        </p>
      </div>
    </main>
  );
}
