"""Accounts, users, sessions and keys."""
