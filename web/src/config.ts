/**
 * The platform's configuration of the page, as JSON in `<script id="greeting-config">`.
 *
 * `{session_id}` in the endpoint's URL is replaced by the page's own `?session_id=…`.
 */

export interface GreetingConfig {
  endpointUrl: string;
  authorization: string | undefined;
  traineeName: string | undefined;
  continueUrl: string | undefined;
  locale: string | undefined;
  preJoin: boolean;
}

const ELEMENT_ID = "greeting-config";

/**
 * Undefined if the page has no usable configuration, for example because it was opened directly.
 */
export function readConfig(page: Document, search: string): GreetingConfig | undefined {
  let config: unknown;
  try {
    config = JSON.parse(page.getElementById(ELEMENT_ID)?.textContent ?? "");
  } catch {
    return undefined;
  }
  if (typeof config !== "object" || config === null) return undefined;
  const text = (name: string) => {
    const value = (config as Record<string, unknown>)[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const sessionId = new URLSearchParams(search).get("session_id") ?? "";
  const endpointUrl = text("endpointUrl")?.replace("{session_id}", encodeURIComponent(sessionId));
  if (endpointUrl === undefined) return undefined;
  return {
    endpointUrl,
    authorization: text("authorization"),
    traineeName: text("traineeName"),
    continueUrl: text("continueUrl"),
    locale: text("locale"),
    preJoin: (config as Record<string, unknown>).preJoin !== false,
  };
}
