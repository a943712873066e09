"""Mutants: a chart changed in one place, to see whether a check or a property notices."""
