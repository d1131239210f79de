"""What all pages share: the frame of the HTML, its style and script, D3, and packed arrays.

A page is one HTML file with everything inlined; it fetches nothing. Pictures of wirings share
``wiring.js`` and ``wiring.css``, the playground's page too.
"""

from .html import assemble, shared_text
from .payload import Packer

__all__ = ["Packer", "assemble", "shared_text"]
