"""What a study says: figures with intervals, tests, ranks, curves, in words."""
