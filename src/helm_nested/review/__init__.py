"""What a reviewer looks at: the record of both stages, and the page made from it."""
