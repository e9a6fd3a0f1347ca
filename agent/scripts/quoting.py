"""Quoting: text that the platform or the trainee wrote stands in double quotes for the LLM.

The values stay plain strings, so that a template compares and cuts them in the instructions as it
does in what is said. Only what a template puts out is quoted: `quote_outputs` rewrites a parsed
template so that every output expression that reads such a value passes through `quote`. It does not
matter which filters, methods or operators stand in between.
"""

from __future__ import annotations

from collections.abc import Collection

from jinja2 import Undefined, nodes

FILTER = "_quote"
"""Name of `quote` in the Jinja environment; no script file may use a filter of this name."""


def quote(value: object) -> object:
    """Put a value in double quotes that it cannot close; numbers and empty values stay as is."""
    if isinstance(value, Undefined | bool | int | float) or not value:
        return value
    return '"' + str(value).replace('"', "'") + '"'


def quote_outputs(template: nodes.Template, names: Collection[str]) -> None:
    """Rewrite `template` in place to quote every output that depends on one of `names`."""
    given = _variables_from(template, names)
    for output in template.find_all(nodes.Output):
        output.nodes = [_quoted(node, given) for node in output.nodes]


def _variables_from(template: nodes.Template, names: Collection[str]) -> set[str]:
    """`names`, and every loop variable that may hold a part of one of them.

    A `for` is the only statement allowed in scripts that binds a name. Scopes are ignored: a name
    that is bound twice is quoted both times.
    """
    given = set(names)
    while True:
        before = len(given)
        for loop in template.find_all(nodes.For):
            if _reads(loop.iter, given):
                given |= {name.name for name in _names_in(loop.target)} | {"loop"}
        if len(given) == before:
            return given


def _quoted(node: nodes.Expr, given: Collection[str]) -> nodes.Expr:
    """`node`, quoted where its value may hold given text; the writer's own words stay as is."""
    if not _reads(node, given):
        return node
    match node:
        # These return one of their operands unchanged: `name or "you"` does not quote "you".
        case nodes.And() | nodes.Or():
            node.left, node.right = _quoted(node.left, given), _quoted(node.right, given)
        case nodes.CondExpr():
            node.expr1 = _quoted(node.expr1, given)
            node.expr2 = node.expr2 and _quoted(node.expr2, given)
        case nodes.Filter(name="default" | "d", node=nodes.Expr() as value):
            node.node = _quoted(value, given)
            node.args = [_quoted(argument, given) for argument in node.args]
            for keyword in node.kwargs:
                keyword.value = _quoted(keyword.value, given)
        case nodes.Concat():
            node.nodes = [_quoted(part, given) for part in node.nodes]
        case _:
            return nodes.Filter(node, FILTER, [], [], None, None, lineno=node.lineno)
    return node


def _reads(node: nodes.Node, given: Collection[str]) -> bool:
    return any(name.name in given for name in _names_in(node))


def _names_in(node: nodes.Node) -> list[nodes.Name]:
    return [*([node] if isinstance(node, nodes.Name) else []), *node.find_all(nodes.Name)]
