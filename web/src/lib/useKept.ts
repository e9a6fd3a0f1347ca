import { useCallback, useState, useSyncExternalStore } from "react";

/**
 * A text that the browser keeps: `localStorage` for later visits, `sessionStorage` for a reload of this
 * tab. Undefined on a server and while the page hydrates, so that both render the same. An empty text
 * is not kept.
 *
 * A browser may refuse storage, for example in an iframe. The text then lasts as long as the component.
 */
export function useKept(
  area: "localStorage" | "sessionStorage",
  name: string,
): [text: string | undefined, keep: (text: string) => void] {
  const key = `training-greeter:${name}`;
  const [chosen, setChosen] = useState<string>();
  const kept = useSyncExternalStore(
    doNotSubscribe,
    () => read(area, key),
    () => undefined,
  );
  const keep = useCallback(
    (text: string) => {
      setChosen(text);
      try {
        if (text === "") window[area].removeItem(key);
        else window[area].setItem(key, text);
      } catch {
        // Not kept.
      }
    },
    [area, key],
  );
  return [chosen ?? kept, keep];
}

const doNotSubscribe = () => () => undefined;

function read(area: "localStorage" | "sessionStorage", key: string): string | undefined {
  try {
    return window[area].getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
