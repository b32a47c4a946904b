"""Tasks: one short file each, a row -> sample function and one declaration with a version."""
