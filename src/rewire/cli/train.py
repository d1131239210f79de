"""``rewire train``: from a data set to a small network, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import settings_of

from .common import guarded, run_folders
from .interrupts import importing
