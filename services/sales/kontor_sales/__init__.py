"""Deals, pipelines, projects and the forecast."""
