"""Reading mail in a child process: an outside world of its own, for nothing that reads hostile bytes may be trusted."""
