// The iframe page. Its address is /embed/{session_id}#authorization=…&trainee-name=…&locale=…&continue=message
// The part after # stays in the browser: it is not sent to the server.
"use strict";

const options = new URLSearchParams(location.hash.slice(1));
const session = location.pathname.split("/").at(-1);

const greeter = document.querySelector("training-greeter");
greeter.authorization = options.get("authorization") ?? undefined;
const url = new URL(`../api/users/sessions/${session}/avatar-greeting/`, location.href);
greeter.setAttribute("endpoint-url", url.href);
greeter.setAttribute("continue-target", "_top");
for (const name of ["locale", "trainee-name", "pre-join"]) {
  if (options.has(name)) greeter.setAttribute(name, options.get(name));
}

// Only allowed origins can be the parent (EMBED_ALLOWED_ORIGINS, sent as frame-ancestors).
for (const type of ["continue", "ended", "error"]) {
  greeter.addEventListener(type, (event) => {
    if (parent === self) return;
    parent.postMessage({ source: "training-greeter", type, ...event.detail }, "*");
    // The parent page opens the video itself.
    if (options.get("continue") === "message") event.preventDefault();
  });
}

// Before greeter.js has loaded, which takes seconds on a slow connection. The policy of this page allows no
// stylesheet.
Object.assign(document.querySelector("progress").style, { display: "block", margin: "40vh auto" });
document.body.style.margin = "0";
// The element takes its first language from the page.
document.documentElement.lang = options.get("locale") || navigator.language;

addEventListener("load", () => {
  if (customElements.get("training-greeter")) return;
  greeter.lang = "en";
  greeter.textContent = "Welcome! The greeting could not be loaded. You can go on with your training without it.";
  greeter.dispatchEvent(
    new CustomEvent("error", { detail: { reason: "page_error", retryable: true } }),
  );
});
