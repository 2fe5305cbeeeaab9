"""I - rho W: its factors, log-determinants and solves at any rho, and what of W is needed besides. Arrays and W
in, numbers out; nothing here knows a model.
"""
