import { type RefObject, useEffect } from "react";

const FALLBACK = "[data-focus-fallback]";
const CONTROL = "button, input, select, summary, [tabindex]";

/**
 * Keep the focus in `root` if the control that the trainee used last is removed or disabled. The
 * nearest element around it with `data-focus-fallback`, or the first one in `root`, gets the focus.
 * Otherwise the browser would move it to `<body>`, and a screen reader or keyboard would start again
 * at the top of the host's page.
 *
 * It watches the document, because any component may remove a control.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    let used: Element | null = null;
    const onUse = ({ target }: Event) => {
      used = (target as Element).closest(CONTROL);
    };
    const onBlur = ({ target }: FocusEvent) => {
      // A removed element may lose the focus before it leaves the document.
      queueMicrotask(() => {
        if (used === target && isUsable(target as Element)) used = null;
      });
    };
    const observer = new MutationObserver((changes) => {
      if (used === null || isUsable(used)) return;
      const lost = used;
      used = null;
      if (hasFocusElsewhere(element, lost)) return;
      const near = fallbackAround(lost, changes);
      // What is around a control that was in view is in view itself.
      if (near !== undefined) near.focus({ preventScroll: true });
      else element.querySelector<HTMLElement>(FALLBACK)?.focus();
    });
    observer.observe(element, { subtree: true, childList: true, attributeFilter: ["disabled"] });
    element.addEventListener("focusin", onUse);
    // Safari does not focus a button that is clicked.
    element.addEventListener("click", onUse);
    element.addEventListener("focusout", onBlur);
    return () => {
      observer.disconnect();
      element.removeEventListener("focusin", onUse);
      element.removeEventListener("click", onUse);
      element.removeEventListener("focusout", onBlur);
    };
  }, [root]);
}

function isUsable(element: Element): boolean {
  return element.isConnected && !element.matches(":disabled");
}

/** The trainee uses something else by now, perhaps outside of `root`. */
function hasFocusElsewhere(root: Element, lost: Element): boolean {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) return false;
  // In a shadow root, the document only knows that the focus is somewhere inside.
  return (root.getRootNode() as Document | ShadowRoot).activeElement !== lost;
}

function fallbackAround(lost: Element, changes: MutationRecord[]): HTMLElement | undefined {
  for (const { target, removedNodes } of changes) {
    if (target !== lost && ![...removedNodes].some((node) => node.contains(lost))) continue;
    const near = (target as Element).closest<HTMLElement>(FALLBACK);
    if (near?.isConnected === true) return near;
  }
  return undefined;
}
