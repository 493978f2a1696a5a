"""Tests in a real browser. A package, so that the browser ends with the last of them.

A browser that outlived this folder would leave its event loop behind, and the async views of other
tests want their own.
"""
