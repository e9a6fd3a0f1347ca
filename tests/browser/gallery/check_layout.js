/**
 * What covers what in each state of the gallery. `test_layout.py` evaluates it in the page.
 *
 * Args:
 *   shown: how `gallery.show` shows each state.
 *   mustBeInView: nobody has to scroll to see what is essential.
 *   largerText: the notes need so much room that they may cover the avatar's face.
 *
 * Returns:
 *   The problems, one line each.
 */
async ({ shown, mustBeInView, largerText = false }) => {
    const problems = [];
    const frames = async (count) => {
        while (count-- > 0) await new Promise(requestAnimationFrame);
    };
    const named = (id) => document.querySelector(`[data-testid="${id}"]`);
    const visible = (element) => element !== null && element.getClientRects().length > 0;
    /** The buttons below the last caption repeat its question. */
    const question = () => document.querySelector(".tg-question");
    const essential = () => [
        ["the last caption", [...document.querySelectorAll(".tg-line")].at(-1) ?? null],
        ["the question", question()],
        ...["chat-input", "chat-send", "continue", "mic-button", "tap-to-hear", "read-along",
            "sound-on", "stop-recording", "try-again", "start", "start-without-microphone",
            "start-without-sound", "try-microphone", "mic-device", "chip-finish", "chip-skip",
            "chip-repeat", "chip-slower", "thumb-up", "thumb-down", "feedback-comment",
            "options-button"].map((id) => [id, named(id)]),
        ["the note", document.querySelector(".tg-chat-note:not(:empty)")],
    ].filter(([, element]) => visible(element));
    /** Where an element is hidden: behind another one, or outside of the window. */
    const hiddenAt = (element) => {
        const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
        const inset = Math.min(6, height / 4);
        const isLine = element.matches(".tg-line, .tg-question, .tg-chat-note");
        const points = [[left + width / 2, bottom - inset]];
        if (!isLine) {
            points.push([left + width / 2, top + inset], [left + 12, top + height / 2]);
            points.push([right - 12, top + height / 2]);
        }
        return points.filter(([x, y]) => {
            const hit = document.elementFromPoint(x, y);
            return hit === null || !element.contains(hit);
        });
    };
    const boxOf = (selector) => {
        const element = document.querySelector(selector);
        return visible(element) ? element.getBoundingClientRect() : undefined;
    };
    const pen = document.createElement("canvas").getContext("2d");
    /** Where a part of the face is on the screen, with `object-fit: cover`. */
    const partOfFace = (video, part) => {
        const { left, top, width, height } = video.getBoundingClientRect();
        const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
        const [, partAbove] = getComputedStyle(video).objectPosition.split(" ");
        const above = (height - video.videoHeight * scale) * (parseFloat(partAbove) / 100);
        return [left + width / 2, top + above + video.videoHeight * scale * gallery.face[part]];
    };
    for (const state of gallery.states) {
        const report = (text) => problems.push(`${state}: ${text}`);
        await gallery.show({ state, ...shown });
        await frames(2);
        const root = document.querySelector(".tg-root");
        for (const one of [root, document.documentElement]) {
            if (one.scrollWidth > one.clientWidth) report("scrolls sideways");
        }
        const content = Math.ceil(root.querySelector(".tg-page").getBoundingClientRect().height);
        if (root.scrollHeight > Math.max(root.clientHeight, content))
            report("scrolls farther than its content");
        if (document.documentElement.scrollHeight > innerHeight) report("is higher than its box");

        // In a box that is low for its text, it would hide most of the page.
        const heightInEm = root.clientHeight / parseFloat(getComputedStyle(root).fontSize);
        if (heightInEm >= 22 && hiddenAt(named("continue")).length > 0)
            report("Continue is not in view without scrolling");
        if (mustBeInView) {
            for (const [name, element] of essential()) {
                if (name === "the last caption" && question() !== null) continue;
                if (hiddenAt(element).length > 0) report(`${name} is out of view`);
            }
        }
        for (const [name, element] of essential()) {
            element.scrollIntoView({ block: name === "the last caption" ? "end" : "nearest" });
            const at = hiddenAt(element);
            if (at.length > 0) report(`${name} is covered or out of reach at ${at}`);
            const { width, height } = element.getBoundingClientRect();
            if (element.matches("button, input") && (width < 44 || height < 44))
                report(`${name} is a small target: ${width} × ${height}`);
            if (element.matches("button") && element.scrollWidth > element.clientWidth)
                report(`the text of ${name} is cut`);
        }

        for (const element of root.querySelectorAll("*")) {
            const { overflowX } = getComputedStyle(element);
            // Only a long name is shortened.
            if (["visible", "auto"].includes(overflowX) || element.matches("h1, input")) continue;
            if (element.closest(".tg-visually-hidden, .tg-words, svg, video, .tg-avatar")) continue;
            const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
            if (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1)
                report(`${element.className} is cut`);
        }

        // At high zoom, the label of the field is enough.
        for (const input of mustBeInView ? root.querySelectorAll("input[placeholder]") : []) {
            const { font, paddingLeft, paddingRight } = getComputedStyle(input);
            pen.font = font;
            const room = input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
            if (pen.measureText(input.placeholder).width > room)
                report(`"${input.placeholder}" is cut`);
        }

        const portrait = boxOf(".tg-portrait");
        if (portrait && (Math.abs(portrait.width - portrait.height) > 1 || portrait.width < 40))
            report(`the portrait is ${portrait.width} × ${portrait.height}`);
        const video = boxOf(".tg-video");
        if (video && (video.width < 120 || video.height < 90))
            report(`the video is ${video.width} × ${video.height}`);
        // The picture comes some frames later than the rest.
        const starts = () => document.querySelector(".tg-avatar[data-picture=starting]");
        for (let tries = 0; starts() && tries < 120; tries++) await frames(1);
        const face = document.querySelector(".tg-avatar[data-picture=moving] video");
        // When zoomed, only an avatar that speaks needs its face.
        const isTraineesTurn = named("guide-activity")?.dataset.turn === "trainee";
        if (face !== null && !largerText && (mustBeInView || !isTraineesTurn)) {
            face.scrollIntoView({ block: "nearest" });
            for (const part of Object.keys(gallery.face)) {
                const hit = document.elementFromPoint(...partOfFace(face, part));
                if (hit !== face) report(`the ${part} of the avatar: hidden by ${hit?.className}`);
            }
        }
        const pairs = [
            [".tg-mode-note", ".tg-portrait svg"],
            [".tg-turn", ".tg-mode-note"],
            [".tg-turn", ".tg-portrait svg"],
            [".tg-ai-label", ".tg-turn"],
            [".tg-ai-label", ".tg-tap button"],
            [".tg-sound-on", ".tg-ai-label"],
            [".tg-sound-on", ".tg-turn"],
            [".tg-continue-line", ".tg-continue"],
            [".tg-mic-note", ".tg-continue"],
            [".tg-mic-note", ".tg-mic"],
        ];
        for (const [one, other] of pairs) {
            const [a, b] = [boxOf(one), boxOf(other)];
            if (!a || !b || a.width === 0) continue;
            const apart = a.right <= b.left || b.right <= a.left
                || a.bottom <= b.top || b.bottom <= a.top;
            if (!apart) report(`${one} lies over ${other}`);
        }
    }
    return problems;
}
