import css from "../styles/index.css?inline";

const REM = "--tg-rem";

/**
 * The page may place, size and hide the element, but not change its looks: `!important` in a shadow
 * root is stronger than the page's. `all: initial` removes what the page's styles pass on (font,
 * colour, visibility). `medium` is the font size that the trainee has chosen in the browser; the
 * page's root element may have another one.
 */
const HOST = `
  :host { display: block; }
  :host {
    opacity: 1 !important;
    filter: none !important;
    backdrop-filter: none !important;
    mix-blend-mode: normal !important;
    transform: none !important;
    translate: none !important;
    rotate: none !important;
    scale: none !important;
    zoom: 1 !important;
    perspective: none !important;
    overflow: visible !important;
    clip: auto !important;
    clip-path: none !important;
    mask: none !important;
    contain: none !important;
    container-type: normal !important;
    content-visibility: visible !important;
    columns: auto !important;
    writing-mode: horizontal-tb !important;
    animation: none !important;
    transition: none !important;
  }
  :host::before, :host::after { content: none !important; }
  .tg-host {
    all: initial;
    display: block;
    width: 100%;
    min-width: 0;
    direction: ltr;
    font-size: medium;
    ${REM}: 1em;
  }
`;

let sheet: CSSStyleSheet | undefined;

/**
 * The styles for a shadow root. A constructed stylesheet is allowed by every `style-src` of a
 * Content Security Policy.
 */
export function greetingStyles(): CSSStyleSheet {
  if (sheet === undefined) {
    // Makes the length absolute where it is declared, so that it is inherited as such.
    try {
      CSS.registerProperty({ name: REM, syntax: "<length>", inherits: true, initialValue: "16px" });
    } catch {
      // Another copy of this script has registered it.
    }
    sheet = new CSSStyleSheet();
    sheet.replaceSync(
      HOST + css.replaceAll(/(?<![\w.])(\d*\.?\d+)rem\b/g, `calc($1 * var(${REM}))`),
    );
  }
  return sheet;
}
