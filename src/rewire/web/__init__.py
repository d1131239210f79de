"""What all pages share: the frame of the HTML, its style and script, D3, and packed arrays.

A page is one HTML file with everything inlined; it fetches nothing.
"""

from .html import assemble
from .payload import Packer

__all__ = ["Packer", "assemble"]
