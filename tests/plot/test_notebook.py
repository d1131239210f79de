"""A network as a notebook shows it."""

import xml.etree.ElementTree as ElementTree

import rewire

SVG = "{http://www.w3.org/2000/svg}svg"


def test_a_network_draws_itself_and_shows_itself_in_a_notebook():
    net = rewire.mlp([2, 5, 3], density=0.5, seed=0)
    assert net.draw(title="small").get_title(loc="left") == "small"
    html = net._repr_html_()
    assert html.count("<svg") == 1
    assert "dead neurons" in html
    assert ElementTree.fromstring(net._repr_svg_()).tag == SVG
    large = rewire.mlp([100, 100, 10], density=0.5, seed=0)
    assert large._repr_svg_() is None
    assert "<svg" not in large._repr_html_()
    assert "5,500 of 11,000 connections" in large._repr_html_()
