"""Layers that do not fit in memory, in parts: W with halos, lags and local statistics, from Parquet to Parquet.

`layout` cuts a GeoParquet file into parts that lie together, `halos` finds the neighbors of each part's units with
what lies around it, `part_statistics` computes with them. Every step goes part by part through
`repeated.blocks.map_blocks`: here or on a cluster, and a part that is done is not made again.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gbaspatial.errors import no_attribute

if TYPE_CHECKING:
    from gbaspatial.partitions.halos import (
        PartitionedWeights as PartitionedWeights,
        contiguity as contiguity,
        distance_band as distance_band,
        nearest as nearest,
    )
    from gbaspatial.partitions.layout import (
        Partitioned as Partitioned,
        open_parts as open_parts,
        partition as partition,
    )
    from gbaspatial.partitions.part_statistics import lag as lag, local_moran as local_moran

_NAMES = {
    "Partitioned": "layout",
    "PartitionedWeights": "halos",
    "contiguity": "halos",
    "distance_band": "halos",
    "lag": "part_statistics",
    "local_moran": "part_statistics",
    "nearest": "halos",
    "open_parts": "layout",
    "partition": "layout",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"gbaspatial.partitions.{_NAMES[name]}"), name)
    raise no_attribute(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
