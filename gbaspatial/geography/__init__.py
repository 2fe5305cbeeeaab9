"""Where things are: CRS rules, geodesic distances, equal-area areas, shifted coordinates, checks of a layer."""

from gbaspatial.errors import door_of
from gbaspatial.geography.coverage import CoverageResult, check_coverage
from gbaspatial.geography.crs import describe_crs, require_crs
from gbaspatial.geography.datum import (
    bd09_to_wgs84,
    gcj02_to_wgs84,
    shift_layer,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from gbaspatial.geography.geodesy import (
    area_km2,
    distance_km,
    lonlat,
    representative_points,
)
from gbaspatial.geography.true_length import metric_crs, require_metric, to_metric

__all__ = [
    "CoverageResult",
    "area_km2",
    "bd09_to_wgs84",
    "check_coverage",
    "describe_crs",
    "distance_km",
    "gcj02_to_wgs84",
    "lonlat",
    "metric_crs",
    "representative_points",
    "require_crs",
    "require_metric",
    "shift_layer",
    "to_metric",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

_CALLED = {  # by other software, or in the field
    "area": "area_km2(units)",
    "centroid": "representative_points(units)",
    "centroids": "representative_points(units)",
    "to_crs": "to_metric(units), or units.to_crs(...)",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
