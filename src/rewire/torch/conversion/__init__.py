"""Whole models: made sparse and dense again, summed up, stripped, turned into networks."""
