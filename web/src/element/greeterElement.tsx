/**
 * `<training-greeter>`: the greeting for pages without React, in one script.
 *
 * The greeting is in a shadow root, so that the styles of the page do not reach it. What the element
 * contains is shown only as long as this script has not loaded.
 */
import { setLogLevel } from "livekit-client";
import { createRoot, type Root } from "react-dom/client";

import { AvatarGreeting } from "../components/AvatarGreeting.js";
import type { Authorization, RequestHeaders } from "../endpoint/endpointClient.js";
import type { Labels } from "../texts/index.js";
import { greetingStyles } from "./styles.js";

const TAG = "training-greeter";

/** The attributes, in the order of the documentation. */
const ATTRIBUTES = [
  "endpoint-url",
  "authorization",
  "headers",
  "trainee-name",
  "locale",
  "continue-url",
  "continue-target",
  "guide-name",
  "poster",
  "pre-join",
  "labels",
] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** Properties that a page may set before this script has defined the element. */
const PROPERTIES = ["authorization", "headers", "labels"] as const;

/**
 * Events, none of which bubbles:
 *   `continue`: the trainee goes on, `detail.url` says where. `preventDefault()` stops the element
 *     from opening that URL.
 *   `ended`: the greeting has ended, `detail.reason` says why.
 *   `error`: there is no greeting, or it was lost; `detail` has `reason`, `code` and `retryable`.
 */
export class TrainingGreeterElement extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;

  private root: Root | undefined;
  private ownAuthorization: Authorization | undefined;
  private ownHeaders: RequestHeaders | undefined;
  private ownLabels: Labels | undefined;

  /** The attribute's value, or a function that gets it. Every request uses the newest value. */
  get authorization(): Authorization | undefined {
    return this.ownAuthorization ?? this.text("authorization");
  }

  set authorization(value: Authorization | undefined) {
    this.ownAuthorization = value;
    this.render();
  }

  /** The attribute's JSON, or an object; so is `labels`. */
  get headers(): RequestHeaders | undefined {
    return this.ownHeaders ?? (this.json("headers") as RequestHeaders | undefined);
  }

  set headers(value: RequestHeaders | undefined) {
    this.ownHeaders = value;
    this.render();
  }

  get labels(): Labels | undefined {
    return this.ownLabels ?? (this.json("labels") as Labels | undefined);
  }

  set labels(value: Labels | undefined) {
    this.ownLabels = value;
    this.render();
  }

  connectedCallback() {
    for (const name of PROPERTIES) this.upgrade(name);
    if (this.root === undefined) {
      const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [greetingStyles()];
      const container = document.createElement("div");
      container.className = "tg-host";
      shadow.replaceChildren(container);
      this.root = createRoot(container);
    }
    this.render();
  }

  disconnectedCallback() {
    // An element that is moved is connected again in the same task.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.root?.unmount();
      this.root = undefined;
    });
  }

  attributeChangedCallback() {
    this.render();
  }

  private render() {
    const endpointUrl = this.text("endpoint-url");
    // A script may set the attribute later.
    if (this.root === undefined || endpointUrl === undefined) return;
    this.root.render(
      <AvatarGreeting
        endpointUrl={endpointUrl}
        authorization={this.authorization}
        headers={this.headers}
        traineeName={this.text("trainee-name")}
        locale={this.text("locale")}
        continueUrl={this.text("continue-url")}
        continueTarget={this.text("continue-target")}
        guideName={this.text("guide-name")}
        poster={this.text("poster")}
        preJoin={this.text("pre-join") !== "off"}
        labels={this.labels}
        onContinue={(url) => this.emit("continue", { url }) && "navigate"}
        onEnded={(ending) => this.emit("ended", ending)}
        onError={(error) => this.emit("error", error)}
      />,
    );
  }

  private text(attribute: Attribute): string | undefined {
    return this.getAttribute(attribute) || undefined;
  }

  private json(attribute: Attribute): object | undefined {
    const text = this.text(attribute);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as object;
    } catch {
      console.error(`<${TAG}>: the attribute "${attribute}" is not JSON`);
      return undefined;
    }
  }

  /** Dispatch an event; false if the page prevented its default action. */
  private emit(type: string, detail: object): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: type === "continue" }));
  }

  /** Pass a value that was set before the element was defined to the setter of this class. */
  private upgrade(name: (typeof PROPERTIES)[number]) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete this[name];
    Object.assign(this, { [name]: value });
  }
}

setLogLevel("warn");
if (customElements.get(TAG) === undefined) customElements.define(TAG, TrainingGreeterElement);
