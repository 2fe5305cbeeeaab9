"""Work that repeats: blocks that each have a stream of their own, one after another or on many machines.

`blocks` maps work over blocks, serially or by the cluster of `compute`; `cluster` is the one module that knows
dask.distributed; `kept` writes finished blocks to a folder and reads them back.
"""
