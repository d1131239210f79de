"""What all pages share: one HTML file with everything inlined, nothing fetched."""

from .html import assemble

__all__ = ["assemble"]
