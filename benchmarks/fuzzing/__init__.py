"""Damaged and crafted files for every reader, and odd arrays for everything that takes some."""
