"""The text console needs the LLM's key and a terminal, and nothing else."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import sys
import termios
from pathlib import Path

import pytest

from agent.core.job_metadata import JobMetadata
from agent.demo.processes import plain_environment
from agent.scripts import script_for
from tests.support.product import Product


async def console(env: dict[str, str], typed: bytes, folder: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "console", "--text"),
        cwd=folder,
        env={**plain_environment(), **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(typed), 120)
    return process.returncode, out.decode()


async def test_text_console_needs_the_google_key_only(product: Product, tmp_path: Path) -> None:
    address = product.stage.environment["GOOGLE_GEMINI_BASE_URL"]
    env = {"GOOGLE_API_KEY": "k", "GOOGLE_GEMINI_BASE_URL": address}
    code, shown = await console(env, b"How long does the video take?\n", tmp_path)
    assert code == 0, shown
    script = script_for(JobMetadata())
    assert script.opening in shown
    answer = shown.split("you:")[1]
    assert "video" in answer
    assert script.closing in shown
    # The endpoint of the stage compares bills now and then.
    calls = await product.providers.calls("bey")
    assert not [call for call in calls if call["call"].startswith("POST")]


def attach_terminal() -> None:
    """Give the child a terminal of its own, and let it handle Ctrl-C.

    It would ignore Ctrl-C if the tests run in the background.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def test_text_console_ends_at_ctrl_c(product: Product, tmp_path: Path) -> None:
    terminal, ours = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "console", "--text"),
        cwd=tmp_path,
        env={
            **plain_environment(),
            "GOOGLE_API_KEY": "k",
            "GOOGLE_GEMINI_BASE_URL": product.stage.environment["GOOGLE_GEMINI_BASE_URL"],
        },
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
        preexec_fn=attach_terminal,
    )
    os.close(ours)
    shown = b""

    def read_until(words: bytes) -> None:
        nonlocal shown
        while words not in shown:
            shown += os.read(terminal, 4096)

    async with asyncio.timeout(120):
        await asyncio.to_thread(read_until, b"you:")
        os.write(terminal, b"How long does the video take?\n")
        await asyncio.to_thread(read_until, b"short video")
        os.write(terminal, b"\x03")
    assert await asyncio.wait_for(process.wait(), 120) == 0
    os.close(terminal)
    assert b"Traceback" not in shown


async def test_text_console_names_the_missing_key(tmp_path: Path) -> None:
    code, shown = await console({}, b"", tmp_path)
    assert code == 2
    assert "missing from the environment or .env: GOOGLE_API_KEY\n" in shown


@pytest.mark.variant
async def test_text_console_apologises_if_the_llm_fails(product: Product, tmp_path: Path) -> None:
    await product.providers.faults("llm:401")
    address = product.stage.environment["GOOGLE_GEMINI_BASE_URL"]
    env = {"GOOGLE_API_KEY": "k", "GOOGLE_GEMINI_BASE_URL": address}
    code, shown = await console(env, b"Hello?\n" * 6, tmp_path)
    assert code == 0, shown
    assert shown.count(script_for(JobMetadata()).apology) == 6
    assert "check GOOGLE_API_KEY" in shown
    assert "Traceback" not in shown
