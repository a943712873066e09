"""What a check is: its model, its examples, the registry of all checks, and the page that documents them."""
