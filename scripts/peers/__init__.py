"""The tools people have today, each set up as well as its user would, to be measured on this repository's chart."""
