"""What changed between two versions of a chart, in every combination of the matrix, and under which choices."""
