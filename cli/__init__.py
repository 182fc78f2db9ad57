"""The commands: the only folder that prints, reads the command line or exits."""
