"""Drawings of a Report, one a file; they compute nothing."""
