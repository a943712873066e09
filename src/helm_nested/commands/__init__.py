"""The commands: each reads its options, calls the core, prints, and says with what status to exit."""
