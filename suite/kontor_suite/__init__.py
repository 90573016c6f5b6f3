"""The suite: which services there are, how they run, and the command line."""
