"""Second opinions: the same test or model by PySAL or R on the same data and W, and the same work written as code."""

from gbaspatial.opinions.opinion import SecondOpinion, second_opinion
from gbaspatial.opinions.scripts import code

__all__ = ["SecondOpinion", "code", "second_opinion"]
