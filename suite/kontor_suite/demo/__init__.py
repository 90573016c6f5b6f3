"""A sample company for trying Kontor: its data, made from a seed, and the filling of a running suite through REST and SMTP."""
