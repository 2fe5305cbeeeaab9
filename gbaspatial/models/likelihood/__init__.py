"""The Gaussian likelihood of the lag and error family: one problem, its maximum and information; many outcomes at
once; what is simulated from it. Arrays only.
"""
