"""Formulas: text, data and weights become a `Design`, arrays with names, in the order of the units of W.

A formula is data, never a program: `grammar` reads its terms, `syntax` its expressions, `expressions` holds them
against what is allowed, `evaluation` works them out, `design` puts the columns together.
"""

from gbaspatial.formula.design import Design, Regressor, design
from gbaspatial.formula.grammar import sides
from gbaspatial.formula.lag_weights import in_order, named_weights
from gbaspatial.formula.regressors import INTERCEPT, is_intercept

__all__ = ["INTERCEPT", "Design", "Regressor", "design", "in_order", "is_intercept", "named_weights", "sides"]
