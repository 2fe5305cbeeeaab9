"""What a change of a regressor does, from (I - rho W)^-1: averages with their uncertainty, unit by unit, by
groups, by orders, of a change of a variable.
"""
