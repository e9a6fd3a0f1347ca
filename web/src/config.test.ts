import { expect, test } from "vitest";

import { readConfig } from "./config.js";

const page = (config?: string) => {
  document.head.innerHTML =
    config === undefined
      ? ""
      : `<script type="application/json" id="greeting-config">${config}</script>`;
  return document;
};

test("readConfig fills the session id into the endpoint's URL", () => {
  const config =
    '{"endpointUrl":"http://a/sessions/{session_id}/avatar-greeting/","authorization":"Bearer t","traineeName":"Ana","locale":"es"}';
  expect(readConfig(page(config), "?session_id=7%2F8")).toEqual({
    endpointUrl: "http://a/sessions/7%2F8/avatar-greeting/",
    authorization: "Bearer t",
    traineeName: "Ana",
    continueUrl: undefined,
    locale: "es",
    preJoin: true,
  });
  expect(readConfig(page('{"endpointUrl":"http://a/","preJoin":false}'), "")?.preJoin).toBe(false);
});

test.each([undefined, "", "{", "null", "[]", '{"endpointUrl":7}'])(
  "readConfig returns undefined for %s",
  (config) => {
    expect(readConfig(page(config), "")).toBeUndefined();
  },
);
