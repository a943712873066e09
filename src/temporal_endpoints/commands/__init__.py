"""The command line's verbs: each asks the API, and prints what it answers."""
