"""``python -m gbaspatial.cli`` is ``gbaspatial``."""

from gbaspatial.cli import main

main()
