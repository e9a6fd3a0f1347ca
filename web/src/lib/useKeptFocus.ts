import { type RefObject, useEffect, useRef } from "react";

/**
 * Keep the focus in `root`: if the focused element is removed or disabled, focus the first element
 * with `data-focus-fallback`. Without it the browser moves the focus to `<body>`, and a screen reader
 * or keyboard starts again at the top of the host's page.
 *
 * Args:
 *   takesFocus: focus that element at once, because a button outside `root` replaced what was there.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>, takesFocus: boolean): void {
  const focused = useRef<Element | null>(null);

  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const onFocus = ({ target }: FocusEvent) => {
      focused.current = target as Element;
    };
    const onBlur = ({ target }: FocusEvent) => {
      // A removed element may lose the focus before it leaves the document.
      queueMicrotask(() => {
        if (focused.current === target && isUsable(target as Element)) focused.current = null;
      });
    };
    element.addEventListener("focusin", onFocus);
    element.addEventListener("focusout", onBlur);
    return () => {
      element.removeEventListener("focusin", onFocus);
      element.removeEventListener("focusout", onBlur);
    };
  }, [root]);

  useEffect(() => {
    if (takesFocus) focusFallback(root.current);
  }, [root, takesFocus]);

  // After every render: a render is what removes elements.
  useEffect(() => {
    const lost = focused.current;
    if (lost === null || isUsable(lost)) return;
    focused.current = null;
    focusFallback(root.current);
  });
}

function focusFallback(root: HTMLElement | null): void {
  root?.querySelector<HTMLElement>("[data-focus-fallback]")?.focus();
}

function isUsable(element: Element): boolean {
  return element.isConnected && !element.matches(":disabled");
}
