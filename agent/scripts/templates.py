"""Templates: a sandboxed Jinja environment in which an unknown placeholder is an error.

Templates come from `prompts/` only. What the platform or the trainee wrote is only ever a value.

A template fills in and chooses; it does not compute. Before it runs, the environment rejects all
that could take long or grow without limit: assignments, macros, includes, arithmetic, calls, deep
loops. So a writer's mistake cannot use up memory or fail a greeting.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agent.scripts.explain import explain_filling, explain_template
from agent.scripts.quoting import FILTER, quote, quote_outputs

TEXT_MAX = 20_000
"""Most characters of a filled text, the instructions included."""
_DEPTH_MAX = 40
_LOOPS_MAX = 2
"""Levels of nested loops."""
_LIST_MAX = 100
"""Most entries of a list literal in a template."""

_FILTERS = frozenset(
    "capitalize count d default first join last length lower reverse sort string title trim"
    " truncate upper".split()
)
_METHODS = frozenset(
    "capitalize endswith items keys lower split startswith strip title upper values".split()
)
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name),
    *(nodes.Const, nodes.List, nodes.Tuple, nodes.Getattr, nodes.Getitem, nodes.CondExpr),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Test, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Div, nodes.Neg, nodes.Filter, nodes.Call, nodes.Keyword),
)
_WRITTEN_AS = {
    "AssignBlock": "set",
    "Assign": "set",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "FromImport": "from",
    "Mul": "*",
    "Pow": "**",
    "Mod": "%",
    "FloorDiv": "//",
    "Slice": "[:]",
    "Dict": "{…}",
}
"""How a writer spells these nodes; all others are the node's name in lower case."""

_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
_environment.filters[FILTER] = quote


@lru_cache(maxsize=1024)
def _compiled(source: str, quoted: frozenset[str]) -> Template:
    tree = _parsed(source)
    for line, why in _not_allowed(tree):
        raise ValueError(f"{why} (line {line} of the text)")
    quote_outputs(tree, quoted)
    return _environment.from_string(tree)


def _parsed(source: str) -> nodes.Template:
    try:
        return _environment.parse(source)
    except (RecursionError, MemoryError) as e:
        raise TemplateSyntaxError("it is nested too deeply", 1) from e


def render_template(
    source: str, values: Mapping[str, object], *, quoted: frozenset[str] = frozenset()
) -> str:
    """Fill a template; the values in `quoted` stand in double quotes wherever it puts them out.

    Raises ValueError if the template is invalid, does what is not allowed, becomes too long, or
    uses a placeholder that is not among the values.
    """
    if "{" not in source:
        return source
    text = ""
    try:
        for piece in _compiled(source, quoted).generate(values):
            text += piece
            if len(text) > TEXT_MAX:
                raise ValueError(f"becomes longer than {TEXT_MAX} characters")
    # A template is a small program: `{{ 1 / 0 }}` is the writer's mistake, like a misspelled name.
    except (
        *(TemplateError, ArithmeticError, LookupError, TypeError, ValueError),
        *(AttributeError, RecursionError, MemoryError, SyntaxError),
    ) as e:
        ours = type(e) is ValueError
        raise ValueError(str(e) if ours else explain_filling(str(e))) from e
    return text


def template_errors(
    source: str, names: Collection[str], words: Collection[str]
) -> list[tuple[int, str]]:
    """Return the line, from 1, and the reason of each error in a template, without running it.

    Placeholders may be `names`, and `words.` with one of `words`.
    """
    if "{" not in source:
        return []
    try:
        tree = _parsed(source)
    except TemplateSyntaxError as e:
        return [(e.lineno, explain_template(e.message or "", source))]
    found = list(_not_allowed(tree))
    if found:
        return found
    try:
        unknown = meta.find_undeclared_variables(tree) - set(names)
    except TemplateError as e:
        return [(1, explain_template(str(e), source))]
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            found.append((node.lineno, _unknown(node.name, names)))
    for get in [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]:
        word = _word(get)
        if word is not None and word not in words:
            found.append((get.lineno, f"unknown placeholder 'words.{word}'; see `words`"))
    return found


def _unknown(name: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(name.lower(), names, 1)
    known = f"do you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(names))}"
    return f"unknown placeholder {name!r}; {known}"


def _word(get: nodes.Node) -> str | None:
    """Return `thing` for `words.thing` and `words["thing"]`."""
    if isinstance(get, nodes.Getattr) and _is_words(get.node):
        return get.attr
    if isinstance(get, nodes.Getitem) and _is_words(get.node):
        return str(get.arg.value) if isinstance(get.arg, nodes.Const) else "…"
    return None


def _is_words(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "words"


def _not_allowed(
    node: nodes.Node, depth: int = 0, loops: int = 0, joined: bool = False
) -> Iterator[tuple[int, str]]:
    """Yield everything in a template that is not allowed, without running it."""
    if depth > _DEPTH_MAX:
        yield node.lineno, "it is nested too deeply"
        return
    if why := _refused(node, loops, joined):
        yield node.lineno or 1, why
        return
    loops += isinstance(node, nodes.For)
    joined |= isinstance(node, nodes.Filter) and node.name == "join"
    for child in node.iter_child_nodes():
        yield from _not_allowed(child, depth + 1, loops, joined)


def _refused(node: nodes.Node, loops: int, joined: bool) -> str:
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__
        return (
            f"{_WRITTEN_AS.get(kind, kind.lower())!r} is not allowed in scripts, which only fill in"
        )
    if isinstance(node, nodes.Name) and node.name in {"self", "caller"}:
        return f"unknown placeholder {node.name!r}"
    if isinstance(node, nodes.Output) and any(_is_words(child) for child in node.nodes):
        return "'words' alone has no text: name one of them, as in words.thing"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"{node.attr!r} is unsafe"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        if str(node.arg.value).startswith("_"):
            return f"{node.arg.value!r} is unsafe"
    if isinstance(node, nodes.Filter):
        if node.name not in _environment.filters:
            return f"there is no filter {node.name!r}"
        if node.name not in _FILTERS or (joined and node.name == "join"):
            return f"the filter {node.name!r} is not allowed here"
    if isinstance(node, nodes.Call) and not (
        isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS
    ):
        return "a call is not allowed in scripts, which only fill in"
    if isinstance(node, nodes.For):
        if loops >= _LOOPS_MAX or node.recursive:
            return "its loops are nested too deeply"
        if isinstance(node.iter, nodes.Const | nodes.Filter | nodes.Concat | nodes.Add):
            return "a loop needs a list"
    if isinstance(node, nodes.List | nodes.Tuple) and len(node.items) > _LIST_MAX:
        return f"a list may have at most {_LIST_MAX} entries"
    return ""
