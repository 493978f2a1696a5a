"""Measure what signing in costs: beside bare Flask, and beside what one would take instead."""
