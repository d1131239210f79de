"""What a rewirer sees of a model: blocks, signals, the optimiser's state."""
