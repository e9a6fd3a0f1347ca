"""Templates fill in and choose; everything else is rejected before it runs."""

from __future__ import annotations

import time

import pytest

from agent.scripts.templates import TEXT_MAX, render_template, template_errors


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ [1] * 10**9 }}",
        "{{ '%99999999d' % 1 }}",
        "{{ name | center(10**9) }}",
        "{{ name | replace('a', 'aaaaaa') }}",
        "{{ facts | join('x') | join('y') }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in facts %}{% for b in facts %}{% for c in facts %}{% endfor %}{% endfor %}"
        "{% endfor %}",
        "{% for a in facts recursive %}{{ loop(facts) }}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set x = 'a' %}",
        "{% with x = 'a' %}{% endwith %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ name | attr('__class__') }}",
        "{{ name.format(1) }}",
        "{{ lipsum(n=9999) }}",
        "{{ cycler('a') }}",
        "{{ namespace(a=1) }}",
        "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
        "{{ " + "not " * 5_000 + "1 }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
    ],
)
def test_template_that_computes_is_rejected_before_it_runs(source: str) -> None:
    began = time.process_time()
    [(line, why), *_] = template_errors(source, {"name", "facts"}, ())
    assert (line, why != "") == (1, True)
    with pytest.raises(ValueError, match=r"."):
        render_template(source, {"name": "Ada", "facts": ["a"] * 1000})
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ name.split(' ')[0] }}", "Ada"),
        ("{% if name %}{{ name | upper }}{% else %}you{% endif %}", "ADA LOVELACE"),
        ("{% for f in facts %}{{ f }}{{ ', ' if not loop.last }}{% endfor %}", "a, b"),
        ("{{ facts | join(' and ') }}", "a and b"),
        ('{{ "x" ~ (role or "none") | title }}', "xNone"),
        ("{% if name == 'Ada Lovelace' and facts | length > 1 %}yes{% endif %}", "yes"),
        ("{% raw %}{{ x }}{% endraw %}{# nothing #}", "{{ x }}"),
    ],
)
def test_template_may_fill_in_and_choose(source: str, text: str) -> None:
    assert template_errors(source, {"name", "facts", "role"}, ()) == []
    assert (
        render_template(source, {"name": "Ada Lovelace", "facts": ["a", "b"], "role": ""}) == text
    )


def test_template_output_is_limited() -> None:
    with pytest.raises(ValueError, match="longer than"):
        render_template(
            "{% for a in x %}{% for b in x %}{{ b }}{% endfor %}{% endfor %}", {"x": ["a"] * 999}
        )
    assert TEXT_MAX >= 20_000
