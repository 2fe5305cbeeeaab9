"""The command line: ``gbaspatial report``, ``data``, ``moran``, ``fit``, ``map``, ``export``."""

from gbaspatial.cli.commands import main

__all__ = ["main"]
