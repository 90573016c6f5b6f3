"""Tasks, the timeline and calendar feeds."""
