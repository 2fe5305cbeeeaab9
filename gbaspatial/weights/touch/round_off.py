"""How far round-off reaches, where compiled loops and arrays must agree about it."""

ROUND_OFF = 4e-16  # of the products in an orientation: above the (3 + 16 eps) eps of Shewchuk (1997), eps = 2^-53
RUN = 5.0  # edges closer than round-off run along each other if they do so for more than this many times as far
