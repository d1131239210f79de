"""Pages: what is inserted is escaped, and only the template has placeholders."""

import json
import re

import pytest

from rewire.web import assemble


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])


def test_text_cannot_end_a_script_or_stand_for_a_part():
    data = {"title": "a < b & {{style}}", "lede": ["</script><script>alert(1)"]}
    text = assemble("rewire.report", "report", ["data.js"], data, "QUJD")
    assert data_of(text) == data
    assert "</script><script>alert" not in text
    assert "<title>a &lt; b &amp; {{style}}</title>" in text
    assert '<script id="arrays" type="text/plain">QUJD</script>' in text


def test_scripts_run_in_order_after_the_shared_one():
    data = {"title": "", "lede": []}
    text = assemble("rewire.report", "report", ["wiring.js", "data.js"], data, "", ["wiring"])
    parts = ("const page =", "function drawConnections", "class Wiring", "function unpacked")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        assemble("rewire.report", "report", [], {"title": "", "lede": [], "x": float("nan")})
