"""From records to what is to be done, without touching anything."""
