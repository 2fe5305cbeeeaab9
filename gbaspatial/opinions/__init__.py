"""Second opinions: the same test or model by PySAL or R on the same data and W, and the same work written as code."""

from gbaspatial.errors import door_of
from gbaspatial.opinions.opinion import SecondOpinion, second_opinion
from gbaspatial.opinions.scripts import code

__all__ = ["SecondOpinion", "code", "second_opinion"]

__getattr__, __dir__ = door_of(__name__, __all__)
