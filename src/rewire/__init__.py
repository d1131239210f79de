"""Sparse neural networks that rewire themselves; the neuron is the building block.

``rewire.scalar`` is the teaching core: scalar neurons with automatic differentiation, RigL and
stripping, to be read in one sitting. ``rewire.view`` draws; ``rewire.reproduce`` runs the
experiment that this library grew out of.
"""

__version__ = "0.1.0"
