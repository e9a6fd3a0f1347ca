"""The fault matrix: what each provider may do wrong, and what the trainee is promised all the same.

Nothing is played in here. A row's faults are spelled as `agent/demo/providers/faults.py` has them,
so the demo shows any row to a person: `make demo ARGS="--fault bey:401"`.
"""

from __future__ import annotations

from tests.faults.row import HANGS_S, REFUSED_S, Row


def _avatar(what: str, *faults: str, first_word_s: float = REFUSED_S, log: str, **more) -> Row:
    """A row in which no avatar comes."""
    log = f"(?=.*greeting by voice)(?=.*(?:{log}))"
    names = tuple(f"bey:{fault}" for fault in faults)
    return Row(
        id=f"avatar {what}", faults=names, mode="voice", first_word_s=first_word_s, log=log, **more
    )


def _refused(status: int, log: str, **more) -> Row:
    return _avatar(f"refused ({status})", str(status), log=f"{status}: .*{log}", **more)


ROWS = (
    Row(id="nothing fails", faults=(), whole=True),
    # Beyond Presence: no avatar comes.
    _refused(400, "", often=False),
    _refused(401, "key"),
    _refused(402, "credit|plan|quota|paid|bill"),
    _refused(403, "", often=False),
    _refused(404, "avatar", often=False),
    _refused(422, "", often=False),
    _refused(429, "session|many|limit", often=False),
    _refused(500, "status page"),
    _avatar("connection reset", "refuse", log="cannot be reached"),
    _avatar(
        "answers with a web page",
        "html",
        first_word_s=HANGS_S,
        log="did not come|came without",
        often=False,
    ),
    _avatar(
        "answers with nothing",
        "empty",
        first_word_s=HANGS_S,
        log="did not come|came without",
        often=False,
    ),
    _avatar("answers with a megabyte", "huge", log="500", often=False),
    _avatar("call hangs", "hang", first_word_s=HANGS_S, log="did not answer"),
    _avatar("never joins", "never-joins", first_word_s=HANGS_S, log="did not come|came without"),
    _avatar("without a picture", "no-video", first_word_s=HANGS_S, log="did not come|came without"),
    _avatar(
        "without sound",
        "no-audio",
        first_word_s=HANGS_S,
        log="did not come|came without",
        often=False,
    ),
    # Beyond Presence: it comes, and something is amiss.
    _avatar(
        "answer 20 s late",
        "delay=20",
        first_word_s=HANGS_S,
        log="did not answer",
        often=False,
    ),
    _avatar(
        "12 s late takes over",
        "late=12",
        first_word_s=HANGS_S,
        log="did not come|came without",
        then="avatar",
    ),
    Row(
        id="avatar drops and joins again at its start",
        faults=("bey:flapx1",),
        first_word_s=HANGS_S,
        often=False,
    ),
    Row(
        id="avatar comes, the answer is lost",
        faults=("bey:lost-answerx1",),
        often=False,
    ),
    Row(
        id="avatar comes, the answer is garbage",
        faults=("bey:garbage",),
        log="session id",
        often=False,
    ),
    Row(
        id="avatar leaves as soon as it has come",
        faults=("bey:leaves=0x1",),
        mode="voice",
        first_word_s=HANGS_S,
        whole=True,
        log="left again|did not come",
    ),
    Row(
        id="avatar leaves 2 s into the opening",
        faults=("bey:leaves-speaking=2x1",),
        then="voice",
        whole=True,
        log="avatar left",
    ),
    Row(
        id="avatar leaves later",
        faults=("bey:leaves=14x1",),
        then="voice",
        log="avatar left",
    ),
    Row(
        id="avatar stalls: takes the speech, plays nothing",
        faults=("bey:stalls",),
        mode="voice",
        first_word_s=HANGS_S,
        whole=True,
        log="avatar",
    ),
    Row(
        id="avatar never says that it has finished",
        faults=("bey:no-finish",),
        whole=True,
        log="avatar",
    ),
    Row(id="avatar says too early that it has finished", faults=("bey:early-finish",)),
    Row(
        id="avatar says late that it has finished",
        faults=("bey:late-finish=5",),
        often=False,
        whole=True,
        log="avatar",
    ),
    Row(
        id="avatar says twice that it has finished",
        faults=("bey:double-finish",),
        whole=True,
        often=False,
    ),
    Row(id="avatar does not stop when told", faults=("bey:clear-fails",), often=False),
    Row(
        id="avatar does not answer when told to stop",
        faults=("bey:clear-hangs",),
        log="does not stop",
    ),
    # Deepgram's ears: what is typed is answered.
    Row(id="ears refused (401)", faults=("stt:401",), log="stt|listen|deepgram"),
    Row(id="ears: connection reset", faults=("stt:refuse",), log="stt|deepgram", often=False),
    Row(
        id="ears: call hangs",
        faults=("stt:hang",),
        log="stt|deepgram",
        often=False,
    ),
    Row(id="ears drop in mid-sentence", faults=("stt:dropx1",), whole=True, spoken=True),
    Row(id="ears half-open", faults=("stt:half-open",), whole=True, often=False),
    # What was said into them is lost: they are asked to say it again, and are heard.
    Row(
        id="ears half-open, spoken to",
        faults=("stt:half-openx1",),
        whole=True,
        spoken=True,
        apology=True,
        log="not recognised",
    ),
    Row(
        id="ears never make up their mind",
        faults=("stt:never-final",),
        often=False,
        whole=True,
        spoken=True,
        apology=True,
    ),
    Row(
        id="ears send garbage besides",
        faults=("stt:garbage",),
        whole=True,
        spoken=True,
        often=False,
    ),
    Row(id="ears hear nothing", faults=("stt:blank",), often=False),
    # Deepgram's voice: Gemini's takes its place.
    Row(
        id="voice refused (401)",
        faults=("aura:401",),
        log="deepgram",
    ),
    Row(
        id="voice: connection reset",
        faults=("aura:refuse",),
        log="deepgram",
        often=False,
    ),
    Row(
        id="voice: call hangs",
        faults=("aura:hang",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="voice drops in mid-sentence",
        faults=("aura:drop",),
        whole=True,
        log="deepgram",
    ),
    Row(
        id="voice silent",
        faults=("aura:silent",),
        often=False,
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="voice stalls",
        faults=("aura:stall",),
        first_word_s=HANGS_S,
        log="deepgram",
    ),
    Row(
        id="voice says that it cannot",
        faults=("aura:error",),
        first_word_s=HANGS_S,
        log="deepgram",
        often=False,
    ),
    # No voice at all: what would be said is read.
    Row(
        id="every voice refused (401)",
        faults=("tts:401",),
        mode="text",
        whole=True,
        log="speech|voice|tts",
    ),
    Row(
        id="every voice silent",
        faults=("tts:silent",),
        mode="text",
        first_word_s=HANGS_S,
        log="speech|voice|tts",
        often=False,
    ),
    Row(
        id="every voice stalls",
        faults=("tts:stall",),
        mode="text",
        first_word_s=HANGS_S,
        log="speech|voice|tts",
    ),
    # Gemini, once: the second model answers.
    Row(
        id="mind refuses (400)",
        faults=("llm:400x1",),
        log="google|gemini|llm",
        often=False,
    ),
    Row(
        id="mind refuses (401)",
        faults=("llm:401x1",),
        log="google|gemini|llm",
    ),
    Row(
        id="mind refuses (429)",
        faults=("llm:429x1",),
        often=False,
        log="google|gemini|llm",
    ),
    Row(
        id="mind fails (500)",
        faults=("llm:500x1",),
        log="google|gemini|llm",
        often=False,
    ),
    Row(
        id="mind: call hangs",
        faults=("llm:hangx1",),
        log="google|gemini|llm",
    ),
    Row(
        id="mind drops in mid-answer",
        faults=("llm:dropx1",),
        log="google|gemini|llm",
        whole_answer=True,
    ),
    Row(
        id="mind stalls in mid-answer",
        faults=("llm:stallx1",),
        log="google|gemini|llm",
        whole_answer=True,
    ),
    Row(
        id="mind breaks off for safety's sake",
        faults=("llm:unsafex1",),
        log="google|gemini|llm",
        often=False,
    ),
    Row(id="mind answers garbage", faults=("llm:garbagex1",), log="google|gemini|llm", often=False),
    Row(
        id="mind answers with a web page",
        faults=("llm:htmlx1",),
        log="google|gemini|llm",
        often=False,
    ),
    Row(id="mind thinks for 3.5 s", faults=("llm:slow=3.5x1",), often=False),
    Row(id="mind does not stop talking", faults=("llm:runawayx1",), often=False),
    Row(
        id="mind says nothing",
        faults=("llm:no-textx1",),
        often=False,
        log="google|gemini|llm",
    ),
    Row(
        id="mind blocks the prompt",
        faults=("llm:blockedx1",),
        log="google|gemini|llm",
    ),
    # What it said is answer enough; the call is told to be wrong, and no more is heard of it.
    Row(id="mind calls with wrong arguments", faults=("llm:bad-callx1",)),
    Row(id="mind calls an unknown function", faults=("llm:unknown-callx1",), often=False),
    # Gemini, at all: an apology, and an answer once it is back.
    Row(
        id="every mind refuses (429)",
        faults=("llm:429",),
        apology=True,
        log="google|gemini|llm",
        often=False,
    ),
    Row(id="every mind fails (500)", faults=("llm:500",), apology=True, log="google|gemini|llm"),
    Row(
        id="every mind hangs",
        faults=("llm:hang",),
        apology=True,
        log="google|gemini|llm",
    ),
)
