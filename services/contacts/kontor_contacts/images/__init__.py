"""Pictures from outside: read in a process of their own, because decoders are written in C and pictures by anybody."""
