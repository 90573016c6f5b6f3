"""Watches and notifications."""
