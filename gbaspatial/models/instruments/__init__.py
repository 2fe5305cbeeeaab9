"""Two-stage least squares, sets of instruments, moments of an error process, and HAC kernels: what estimators by
generalized moments share. Arrays only.
"""
