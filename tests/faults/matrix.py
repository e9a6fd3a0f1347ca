"""The fault matrix: what each provider may do wrong, and what the trainee is then promised.

`play` plays the rows. The demo shows the same faults, with the same spelling
(`agent/demo/providers/faults.py`): `make demo ARGS="--fault bey:401"`.
"""

from __future__ import annotations

from typing import Any

from tests.faults.row import HANGS_S, REFUSED_S, Row


def _avatar(what: str, *faults: str, first_word_s: float = REFUSED_S, log: str, **more: Any) -> Row:
    """Return a row in which no avatar comes."""
    log = f"(?=.*greeting by voice)(?=.*(?:{log}))"
    names = tuple(f"bey:{fault}" for fault in faults)
    return Row(
        id=f"avatar {what}", faults=names, mode="voice", first_word_s=first_word_s, log=log, **more
    )


def _refused(status: int, log: str, **more: Any) -> Row:
    return _avatar(f"refused ({status})", str(status), log=f"{status}: .*{log}", **more)


ROWS = (
    Row(id="nothing fails", faults=(), whole=True),
    # Beyond Presence: no avatar comes.
    _refused(400, ""),
    _refused(401, "key"),
    _refused(402, "credit|plan|quota|paid|bill"),
    _refused(403, ""),
    _refused(404, "avatar"),
    _refused(422, ""),
    _refused(429, "session|many|limit"),
    # The first avatar may still come: the agent requests another one, and uses the first
    # that joins. If the second request fails too, the voice greets.
    _refused(500, "status page"),
    _refused(504, "status page"),
    _avatar("connection reset", "refuse", log="did not answer"),
    Row(
        id="avatar connection reset once",
        faults=("bey:refusex1",),
        avatars=1,
        log="did not answer",
    ),
    Row(id="avatar answered 502 once", faults=("bey:502x1",), avatars=1, log="502"),
    _avatar(
        "answers with a web page",
        "html",
        first_word_s=HANGS_S,
        log="did not join|joined without",
    ),
    _avatar(
        "answers with nothing",
        "empty",
        first_word_s=HANGS_S,
        log="did not join|joined without",
    ),
    _avatar("answers with a megabyte", "huge", log="500"),
    _avatar("call hangs", "hang", first_word_s=HANGS_S, log="did not answer"),
    _avatar("never joins", "never-joins", first_word_s=HANGS_S, log="did not join|joined without"),
    _avatar(
        "without a picture", "no-video", first_word_s=HANGS_S, log="did not join|joined without"
    ),
    _avatar(
        "without sound",
        "no-audio",
        first_word_s=HANGS_S,
        log="did not join|joined without",
    ),
    # Beyond Presence: an avatar comes, and something else fails.
    _avatar(
        "answer 20 s late",
        "delay=20",
        first_word_s=HANGS_S,
        log="did not answer",
    ),
    _avatar(
        "12 s late takes over",
        "late=12",
        first_word_s=HANGS_S,
        log="did not join|joined without",
        then="avatar",
    ),
    Row(
        id="avatar drops and joins again at its start",
        faults=("bey:flapx1",),
        first_word_s=HANGS_S,
    ),
    Row(
        id="avatar comes, the answer is lost",
        faults=("bey:lost-answerx1",),
        log="did not answer",
    ),
    Row(
        id="avatar comes, the answer is garbage",
        faults=("bey:garbage",),
        log="session id",
    ),
    Row(
        id="avatar leaves at once",
        faults=("bey:leaves=0x1",),
        mode="voice",
        first_word_s=HANGS_S,
        whole=True,
        log="left before|did not join",
    ),
    Row(
        id="avatar leaves 2 s into the opening",
        faults=("bey:leaves-speaking=2x1",),
        then="voice",
        whole=True,
        log="avatar was lost",
    ),
    Row(
        id="avatar leaves later",
        faults=("bey:leaves=14x1",),
        then="voice",
        log="avatar was lost",
    ),
    Row(
        id="avatar accepts speech and plays nothing",
        faults=("bey:stalls",),
        mode="voice",
        first_word_s=HANGS_S,
        whole=True,
        log="avatar",
    ),
    Row(
        id="avatar never reports its end",
        faults=("bey:no-finish",),
        whole=True,
        log="avatar",
    ),
    Row(id="avatar reports its end too early", faults=("bey:early-finish",)),
    Row(
        id="avatar reports its end late",
        faults=("bey:late-finish=5",),
        whole=True,
        log="avatar",
    ),
    Row(
        id="avatar reports its end twice",
        faults=("bey:double-finish",),
        whole=True,
    ),
    Row(id="avatar does not stop when told", faults=("bey:clear-fails",)),
    Row(
        id="avatar does not answer when told to stop",
        faults=("bey:clear-hangs",),
        interrupts=True,
        log="did not confirm",
    ),
    # Deepgram STT: Gemini recognises speech instead.
    Row(id="STT refused (401)", faults=("stt:401",), spoken=True, log="stt|listen|deepgram"),
    Row(id="STT: connection reset", faults=("stt:refuse",), log="stt|deepgram"),
    Row(
        id="STT: call hangs",
        faults=("stt:hang",),
        log="stt|deepgram",
    ),
    Row(id="STT drops in mid-sentence", faults=("stt:dropx1",), whole=True, spoken=True),
    Row(id="STT half-open", faults=("stt:half-open",), whole=True),
    Row(
        id="STT half-open, spoken to",
        faults=("stt:half-open",),
        whole=True,
        spoken=True,
        log="not recognised",
    ),
    Row(
        id="STT never sends a final result",
        faults=("stt:never-final",),
        whole=True,
        spoken=True,
        log="did not end",
    ),
    Row(
        id="STT also sends garbage",
        faults=("stt:garbage",),
        whole=True,
        spoken=True,
    ),
    Row(id="STT recognises nothing", faults=("stt:blank",)),
    # Both fail: typed messages are answered, and the trainee is asked to say it again.
    Row(id="STT and Gemini's refused", faults=("stt:401", "live:403"), log="stt|deepgram"),
    Row(
        id="STT half-open and Gemini's hangs, spoken to",
        faults=("stt:half-openx1", "live:hang"),
        whole=True,
        spoken=True,
        apology=True,
        log="not recognised",
    ),
    # Deepgram TTS: Gemini TTS speaks instead.
    Row(
        id="TTS refused (401)",
        faults=("aura:401",),
        log="deepgram",
    ),
    Row(
        id="TTS: connection reset",
        faults=("aura:refuse",),
        log="deepgram",
    ),
    Row(
        id="TTS: call hangs",
        faults=("aura:hang",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="TTS drops in mid-sentence",
        faults=("aura:drop",),
        whole=True,
        log="deepgram",
    ),
    Row(
        id="TTS silent",
        faults=("aura:silent",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="TTS stalls",
        faults=("aura:stall",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="TTS reports an error",
        faults=("aura:error",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    # The same voice goes on, on a new connection.
    Row(
        id="TTS closes an idle connection",
        faults=("aura:idle=1",),
        whole=True,
        quiet="deepgram|tts|voice",
    ),
    # No TTS at all: the greeting continues in text.
    Row(
        id="every TTS refused (401)",
        faults=("tts:401",),
        mode="text",
        whole=True,
        log="speech|voice|tts",
    ),
    Row(
        id="every TTS silent",
        faults=("tts:silent",),
        mode="text",
        first_word_s=HANGS_S,
        log="speech|voice|tts",
    ),
    Row(
        id="every TTS stalls",
        faults=("tts:stall",),
        mode="text",
        first_word_s=HANGS_S,
        log="speech|voice|tts",
    ),
    # Gemini fails once: the fallback model answers.
    Row(
        id="LLM refuses (400)",
        faults=("llm:400x2",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM refuses (401)",
        faults=("llm:401x1",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM refuses (429)",
        faults=("llm:429x1",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM fails (500)",
        faults=("llm:500x1",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM: call hangs",
        faults=("llm:hangx1",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM drops in mid-answer",
        faults=("llm:dropx1",),
        log="google|gemini|llm",
        whole_answer=True,
    ),
    Row(
        id="LLM stalls in mid-answer",
        faults=("llm:stallx1",),
        log="google|gemini|llm",
        whole_answer=True,
    ),
    Row(
        id="LLM stops for safety",
        faults=("llm:unsafex1",),
        log="google|gemini|llm",
    ),
    Row(id="LLM answers garbage", faults=("llm:garbagex1",), log="google|gemini|llm"),
    Row(
        id="LLM answers with a web page",
        faults=("llm:htmlx1",),
        log="google|gemini|llm",
    ),
    Row(id="LLM takes 3.5 s", faults=("llm:slow=3.5x1",)),
    Row(
        id="LLM pauses 3 s in mid-answer",
        faults=("llm:pause=3x1",),
        quiet="google|gemini|llm",
        whole_answer=True,
    ),
    Row(id="LLM writes code", faults=("llm:codex1",), log="instead of speech"),
    Row(
        id="LLM refuses its thinking settings",
        faults=("llm:no-level",),
        log="thinking settings",
    ),
    Row(id="LLM answers without end", faults=("llm:runawayx1",)),
    Row(
        id="LLM answers without text",
        faults=("llm:no-textx1",),
        log="google|gemini|llm",
    ),
    Row(
        id="LLM blocks the prompt",
        faults=("llm:blockedx1",),
        log="google|gemini|llm",
    ),
    # The answer's text counts; the wrong call is reported to the model only.
    Row(id="LLM calls a function with wrong arguments", faults=("llm:bad-callx1",)),
    Row(id="LLM calls an unknown function", faults=("llm:unknown-callx1",)),
    # Gemini fails every time: an apology, and an answer once it works again.
    Row(
        id="every LLM refuses (429)",
        faults=("llm:429",),
        apology=True,
        log="google|gemini|llm",
    ),
    Row(id="every LLM fails (500)", faults=("llm:500",), apology=True, log="google|gemini|llm"),
    Row(
        id="every LLM hangs",
        faults=("llm:hang",),
        apology=True,
        log="google|gemini|llm",
    ),
)

REPRESENTATIVES = frozenset(
    {
        "avatar call hangs",
        "avatar without a picture",
        "avatar reports its end too early",
        "avatar does not answer when told to stop",
        "STT drops in mid-sentence",
        "TTS stalls",
        "TTS closes an idle connection",
        "every TTS stalls",
        "LLM drops in mid-answer",
        "every LLM hangs",
    }
)
"""One row of each kind, played by `make test`; `make faults` plays all of them.

Rows with a test of their own in tests/integration are not among them.
"""
