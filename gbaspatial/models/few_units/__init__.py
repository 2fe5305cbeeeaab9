"""Inference where asymptotics fail: the recommended inference below fifty units, bootstrap, profile, bias, exact
tests, influence, and what so few units can detect.
"""
