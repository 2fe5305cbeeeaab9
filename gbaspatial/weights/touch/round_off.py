"""How far round-off reaches in the orientation of three points: compiled loops and arrays share it."""

ROUND_OFF = 4e-16  # of the products in an orientation: above the (3 + 16 eps) eps of Shewchuk (1997), eps = 2^-53
