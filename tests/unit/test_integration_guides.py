"""The integration guides show the code of the examples, which are tested in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.platform_fields import PlatformFields
from tests.support.endpoint_app import settings
from tests.support.endpoint_requests import JWT_SECRET

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [
    ("integrate-react.md", "examples/react-app/src/App.tsx"),
    ("integrate-react.md", "examples/react-app/src/MyGreeting.tsx"),
    ("integrate-react.md", "examples/react-app/backend.mjs"),
    ("integrate-react.md", "examples/react-app/vite.config.ts"),
    ("integrate-nextjs.md", "examples/nextjs/app/page.tsx"),
    ("integrate-html.md", "examples/html/index.html"),
    ("integrate-iframe.md", "examples/iframe/index.html"),
]
LINES_MAX = 20


@pytest.mark.parametrize(("guide", "example"), GUIDES)
def test_guide_shows_the_code_of_its_example(guide: str, example: str) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    code = (ROOT / example).read_text(encoding="utf-8")
    assert f"(../{example})" in text
    assert f"```{Path(example).suffix[1:]}\n{code}```" in text
    assert len(code.splitlines()) < LINES_MAX


@pytest.mark.parametrize("name", ["react", "nextjs", "html", "iframe"])
def test_guide_says_how_to_try_it_without_keys(name: str) -> None:
    guide = (ROOT / "docs" / f"integrate-{name}.md").read_text(encoding="utf-8")
    assert 'make demo ARGS="--origin http://localhost:' in guide
    # The server of the Next.js guide signs the JWT.
    assert "SignJWT" in guide or "(integration.md#from-the-trainees-browser-with-a-jwt)" in guide


async def test_integration_page_makes_a_jwt_that_the_endpoint_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import jwt.*?)```", page, re.DOTALL)
    monkeypatch.setenv("PLATFORM_JWT_SECRET", JWT_SECRET)
    exec(code, {})
    claims = await PlatformJwtVerifier(settings(tmp_path)).claims(capsys.readouterr().out.strip())
    assert claims["session_id"] == "123"
    trainee = PlatformFields.model_validate(claims).trainee
    assert trainee
    assert trainee.name == "Ada"


def test_django_guide_needs_fewer_than_20_lines_of_code() -> None:
    guide = (ROOT / "docs" / "integrate-django.md").read_text(encoding="utf-8")
    steps, _ = guide.split("**Use your own page.**")
    code = "".join(re.findall(r"```(?:python|html)\n(.*?)```", steps, re.DOTALL))
    assert len(code.splitlines()) < LINES_MAX


def test_django_guide_says_how_to_try_it_without_keys() -> None:
    guide = (ROOT / "docs" / "integrate-django.md").read_text(encoding="utf-8")
    webhook = "http://localhost:8000/webhooks/greeting-outcome/"
    assert f'make demo ARGS="--webhook {webhook}"' in guide
    assert "another try" in guide


@pytest.mark.parametrize(
    "page",
    [
        "integrations/django/src/training_greeter/templates/training_greeter/welcome.html",
        "examples/html/index.html",
        "examples/iframe/index.html",
    ],
)
def test_page_of_the_guide_fits_a_phone_and_names_its_language(page: str) -> None:
    page = (ROOT / page).read_text(encoding="utf-8")
    for needed in ("<!doctype html>", "<html lang=", 'name="viewport"', "<title>"):
        assert needed in page


def test_react_guide_replaces_the_app_of_the_vite_template() -> None:
    guide = (ROOT / "docs" / "integrate-react.md").read_text(encoding="utf-8")
    # The template's src/main.tsx has `import App from './App.tsx'`.
    assert "export default function App()" in guide


def props() -> set[str]:
    """The props that the two interfaces of the component declare."""
    found: set[str] = set()
    for path, names in (
        ("web/src/greetingOptions.ts", ("GreetingCallbacks", "GreetingOptions")),
        ("web/src/components/AvatarGreeting.tsx", ("AvatarGreetingProps",)),
    ):
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in names:
            (body,) = re.findall(rf"export interface {name}[^{{]*{{\n(.*?)\n}}", source, re.DOTALL)
            found |= set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE))
    return found


def test_package_readme_lists_every_prop() -> None:
    readme = (ROOT / "web" / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Props")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == props()


@pytest.mark.parametrize("package", ["web", "integrations/django"])
def test_readme_of_a_package_links_to_no_file_that_the_package_lacks(package: str) -> None:
    readme = (ROOT / package / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]*)\)", readme)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_element_has_an_attribute_for_every_prop_but_callbacks_and_the_room() -> None:
    source = (ROOT / "web/src/element/greeterElement.tsx").read_text(encoding="utf-8")
    (listed,) = re.findall(r"const ATTRIBUTES = \[(.*?)\]", source, re.DOTALL)
    attributes = {
        re.sub(r"-(\w)", lambda match: match[1].upper(), name)
        for name in re.findall(r'"([a-z-]+)"', listed)
    }
    assert attributes == {prop for prop in props() - {"room"} if not prop.startswith("on")}


def test_guide_lists_only_variables_of_the_styles() -> None:
    guide = (ROOT / "docs" / "integrate-react.md").read_text(encoding="utf-8")
    named = set(re.findall(r"--tg-[a-z-]+", guide))
    styles = (ROOT / "web/src/styles/base.css").read_text(encoding="utf-8")
    assert {name for name in named if f"{name}:" not in styles and name != "--tg-height"} == set()
