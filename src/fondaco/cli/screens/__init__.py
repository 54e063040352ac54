"""What a person reads at the end of a command; one screen a file. A screen is a function that prints itself on a console."""
