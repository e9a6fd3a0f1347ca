"""`make turns`: how soon the agent answers, and how often it cuts the trainee off.

A client plays recordings of people to the product. The stand-ins have their usual latencies (50 ms
STT, 150 ms LLM, 80 ms TTS). The reply gap is the time from the last sound of the
trainee to the first sound of the answer. Its last part begins when the recogniser sends the words of
the turn (Flux: EndOfTurn). A false cut-off is an answer that begins in a pause of a sentence.

A run of all models and sentences writes its table into `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livekit import api

from agent.demo.stage import Stage, stage
from tests.bench.recordings import COMPLETE, HESITANT, PAUSES_S, quiet_end_s, write
from tests.support.livekit_client import LOUD, LiveKitClient
from tests.support.livekit_token import trainee_token
from tests.support.providers import MODULE, Providers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_BEGIN, _END = "<!-- make turns: begin -->\n", "<!-- make turns: end -->"
_MODELS = ("flux-general-multi", "nova-3")
_ANSWER_S = 12.0
_ANSWER = "Yes, that is right."


@dataclass
class Turns:
    """What was measured with one recogniser and language."""

    gaps: list[float] = field(default_factory=list)
    """Seconds; one for each complete sentence that was answered."""
    after_words: list[float] = field(default_factory=list)
    """The last part of each gap, in seconds."""
    unanswered: int = 0
    cut_off: int = 0
    hesitant: int = 0
    """Sentences with a pause that were spoken."""


async def one_conversation(
    running: Stage, room: str, files: list[tuple[Path, bool]], found: Turns
) -> None:
    """Play recordings in one greeting.

    Args:
        files: with True for a sentence that has a pause.
    """
    server = running.livekit
    assert server is not None
    providers = Providers.of(running.stand_ins)
    client = LiveKitClient()
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit:
        dispatch = api.RoomAgentDispatch(
            agent_name=running.agent_name, metadata='{"v": 1, "trainee": {"name": "Ada"}}'
        )
        await livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
        try:
            await client.join(server.url, trainee_token(server, room, name="Ada"))
            await client.hears(after=0, timeout=30)
            await client.silence(1.2)
            for file, has_pause in files:
                await providers.script(*[{"text": _ANSWER}] * 3)
                began = time.monotonic()
                ended = await client.say(file) + quiet_end_s(file, LOUD)
                if has_pause:
                    found.hesitant += 1
                    early = client.first_sound(began)
                    if early is not None and early[0] < ended:
                        found.cut_off += 1
                        print(f"    {file.stem}: cut off {ended - early[0]:.2f} s before the end")
                try:
                    heard, _ = await client.hears(after=ended, timeout=_ANSWER_S)
                    if not has_pause:
                        last = heard - await words_sent(providers, before=heard)
                        found.gaps.append(heard - ended)
                        found.after_words.append(last)
                        print(
                            f"    {file.stem}: {heard - ended:.2f} s, {last:.2f} s of it after the words",
                            flush=True,
                        )
                except AssertionError:
                    found.unanswered += 1
                await client.silence(1.2)
        finally:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
            await client.leave()


async def words_sent(providers: Providers, before: float) -> float:
    """Return when the recogniser sent its last final transcript.

    Args:
        before: not after this, in seconds of the monotonic clock, as the result.
    """
    offset = time.time() - time.monotonic()
    finals = [call["detail"].get("final_at", 0.0) for call in await providers.calls("stt")]
    return max(at for at in finals if at - offset < before) - offset


async def measure(
    models: Sequence[str], rounds: int, logs: Path, sentences: str
) -> dict[str, Turns]:
    """Play the recordings to the product with each model.

    Args:
        logs: a folder for the logs of the product's processes.
        sentences: `complete`, `hesitant` or `all`.
    """
    result: dict[str, Turns] = {}
    with tempfile.TemporaryDirectory() as folder:
        complete = [
            (write(Path(folder) / f"complete-{index}.wav", cut), False)
            for index, cut in enumerate(COMPLETE)
        ]
        hesitant = [
            (write(Path(folder) / f"hesitant-{index}-{pause}.wav", first, pause, rest), True)
            for index, (first, rest) in enumerate(HESITANT)
            for pause in PAUSES_S
        ]
        half = len(hesitant) // 2
        conversations = [complete] * (sentences != "hesitant")
        conversations += [hesitant[:half], hesitant[half:]] * (sentences != "complete")
        for model in models:
            found = result[model] = Turns()
            (logs / model).mkdir(parents=True, exist_ok=True)
            extra = {"DEEPGRAM_STT_MODEL": model}
            async with stage(logs / model, extra=extra, stand_ins_module=MODULE) as running:
                for number in range(rounds):
                    print(f"  {model}, round {number + 1}", flush=True)
                    for index, files in enumerate(conversations):
                        await one_conversation(running, f"{model}-{number}-{index}", files, found)
    return result


def table(result: dict[str, Turns]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| Recogniser | Reply gap p50 | p90 | After the words p50 | p90 | False cut-offs |",
        "|---|---|---|---|---|---|",
    ]
    for model, found in result.items():
        times = [*percentiles(found.gaps), *percentiles(found.after_words)]
        cut_off = f"{found.cut_off} of {found.hesitant}"
        if found.unanswered:
            cut_off += f"; {found.unanswered} not answered"
        cells = [model, *(f"{seconds:.2f} s" for seconds in times), cut_off]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p90; NaN without a value."""
    ordered = sorted(seconds) or [float("nan")]
    return statistics.median(ordered), ordered[round(0.9 * (len(ordered) - 1))]


def with_table(page: str, rows: str) -> str:
    """Return the text of the page with another table between its two comments."""
    before, _, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"{PAGE} lacks {_BEGIN.strip()} or {_END}")
    return f"{before}{_BEGIN}{rows}\n{_END}{after}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.turns")
    parser.add_argument("--models", nargs="*", default=_MODELS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--logs", type=Path, default=Path(tempfile.gettempdir()) / "turns")
    parser.add_argument("--sentences", choices=("all", "complete", "hesitant"), default="all")
    options = parser.parse_args()
    work = measure(options.models, options.rounds, options.logs, options.sentences)
    measured = table(asyncio.run(work))
    print(measured)
    if options.sentences == "all" and set(options.models) == set(_MODELS):
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
        print(f"written: {PAGE}; set the date and the machine in its first paragraph")
