"""Runs: settings that JSON can hold, the training they stand for, and the folder that keeps it."""

from .predictor import Predictor
from .recipe import Recipe
from .run_directory import Run, RunDirectory, assemble, load_data

__all__ = ["Predictor", "Recipe", "Run", "RunDirectory", "assemble", "load_data"]
