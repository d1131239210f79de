"""Connections in blocks: the table of those that exist, and where others may be."""

from .blocks import SCOPES, Block, Candidates, count_in_groups
from .table import Columns, ConnectionTable

__all__ = ["SCOPES", "Block", "Candidates", "Columns", "ConnectionTable", "count_in_groups"]
