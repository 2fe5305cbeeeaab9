"""Which polygons touch, and along what length: the cellar that only `weights.contiguity` opens.

A clean layer is told by the corners that its polygons share (`corners`, `grouping`, and `corner_loops` where it
is large), any other by how near its edges come to each other (`segments`, `nearby`); `contact` chooses between
them. Arrays and shapes in, pairs of numbers out: no labels, no W.
"""
