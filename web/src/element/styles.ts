import css from "../styles/index.css?inline";

const REM = "--tg-rem";

/**
 * `all: initial` removes what the page's styles pass on to the element (font, colour, visibility).
 * `medium` is the font size that the trainee has chosen in the browser; the page's root element may
 * have another one.
 */
const HOST = `
  :host { display: block; }
  .tg-host { all: initial; display: block; font-size: medium; ${REM}: 1em; }
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
