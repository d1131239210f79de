"""The sparse layers, their autograd functions and operators."""
