"""`prompts preview`: one page with every line, its seconds, its audio, and what is to correct."""

from __future__ import annotations

import io
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
import wave
from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.demo.livekit_server import free_ports
from agent.scripts import PROMPTS


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """Two shipped scripts and the shared texts, with one mistake and one doubtful text."""
    for name in ("_common", "forklift", "general_welcome"):
        shutil.copytree(PROMPTS / name, tmp_path / "prompts" / name)
    spanish = tmp_path / "prompts" / "forklift" / "es.md"
    content = spanish.read_text("utf-8").replace("unit: años", "unit: years")
    spanish.write_text(content.replace("facts:\n  - ", "facts:\n  - A las 7 am. "), "utf-8")
    return tmp_path / "prompts"


def test_preview_writes_every_text_with_findings_in_place(prompts: Path, tmp_path: Path) -> None:
    out = tmp_path / "preview.html"
    assert main(["preview", "--out", str(out), "--prompts", str(prompts)]) == 0
    page = out.read_text("utf-8")
    assert '<h2 id="general_welcome">' in page
    for lang, words in {
        "de": "Gabelstapler gefahren?",
        "en": "driven a forklift",
        "fr": "conduit",
    }.items():
        assert re.search(rf'<td lang="{lang}">[^<]*(<[^t][^<]*)*{words}', page), lang
    assert page.count('<small lang="en">logistics</small>') > 0
    fact = page.split("fact 1</th>")[1].split("</tr>")[0]
    assert re.search(r'<td lang="es">.*contains &#39;7 am&#39;', fact, re.DOTALL)
    assert "To correct: 1. To look at: 1." in page
    assert 'src="http' not in page
    assert "<audio" not in page


def test_preview_serves_the_page_and_shows_edits_after_a_reload(prompts: Path) -> None:
    pytest.importorskip("espeakng_loader")
    [port] = free_ports(1)
    command = [sys.executable, "-m", "agent", "prompts", "preview", "general_welcome"]
    options = ["--port", str(port), "--prompts", str(prompts)]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True, cwd=PROMPTS.parent
    ) as process:
        try:
            assert process.stdout is not None
            assert f"open http://127.0.0.1:{port}/" in process.stdout.readline()
            page = _get(f"http://127.0.0.1:{port}/").decode()
            assert "The audio is by the demo&#39;s voice" in page
            [source, *_] = re.findall(r'data-src="([^"]+)"', page)
            sound = _get(f"http://127.0.0.1:{port}{source.replace('&amp;', '&')}")
            with wave.open(io.BytesIO(sound)) as wav:
                assert 5 < wav.getnframes() / wav.getframerate() < 20
            english = prompts / "general_welcome" / "en.md"
            english.write_text(english.read_text("utf-8").replace("Enjoy", "Relish"), "utf-8")
            assert "Relish" in _get(f"http://127.0.0.1:{port}/").decode()
        finally:
            process.terminate()


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_preview_says_what_to_do_if_its_port_is_taken(
    prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("espeakng_loader")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["preview", "--port", str(port), "--prompts", str(prompts)]) != 0
    assert f"port {port}: Address already in use; choose another" in capsys.readouterr().err
