"""Specification tests of a fit: Lagrange multipliers, Wald, heteroskedasticity, and what they say in words."""
