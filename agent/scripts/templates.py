"""Templates: one sandboxed Jinja environment in which an unknown name is an error.

Templates come from `prompts/` alone. What a trainee is or says is only ever a value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return _environment.from_string(source)


def render(source: str, values: Mapping[str, object]) -> str:
    """Fill a template.

    Raises:
        ValueError: it is no template, or uses a name that is not among the values.
    """
    if "{" not in source:
        return source
    try:
        return _compiled(source).render(values)
    # A template is a small program: `{{ 1 / 0 }}` is its writer's mistake, like a misspelt name.
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as e:
        raise ValueError(str(e)) from e


def mistakes(source: str, names: Collection[str], words: Collection[str]) -> list[tuple[int, str]]:
    """What is wrong with a template without running it: (line from 1, why) each.

    `names`: the placeholders there are; `words`: what `words.…` may be followed by.
    """
    try:
        tree = _environment.parse(source)
        unknown = meta.find_undeclared_variables(tree) - set(names)
    except TemplateSyntaxError as e:
        return [(e.lineno, f"is no template: {e.message}")]
    found: list[tuple[int, str]] = []
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            known = ", ".join(sorted(names))
            found.append((node.lineno, f"unknown placeholder {node.name!r}; there are: {known}"))
    for get in tree.find_all(nodes.Getattr):
        if isinstance(get.node, nodes.Name) and get.node.name == "words" and get.attr not in words:
            found.append((get.lineno, f"unknown placeholder 'words.{get.attr}'; see `words`"))
    return found
