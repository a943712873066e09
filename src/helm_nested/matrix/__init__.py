"""The matrix: axes of choices for the values, and the combinations of them that are rendered."""
