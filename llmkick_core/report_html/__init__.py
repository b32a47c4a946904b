"""A comparison as one HTML file, to send to someone."""
