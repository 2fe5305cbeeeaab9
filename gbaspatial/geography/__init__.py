"""Where things are: CRS rules, geodesic distances, equal-area areas, shifted coordinates, checks of a layer."""

from gbaspatial.geography.coverage import CoverageResult as CoverageResult, check_coverage as check_coverage
from gbaspatial.geography.crs import (
    describe_crs as describe_crs,
    metric_crs as metric_crs,
    require_crs as require_crs,
    require_metric as require_metric,
    to_metric as to_metric,
)
from gbaspatial.geography.datum import (
    bd09_to_wgs84 as bd09_to_wgs84,
    gcj02_to_wgs84 as gcj02_to_wgs84,
    shift_layer as shift_layer,
    wgs84_to_bd09 as wgs84_to_bd09,
    wgs84_to_gcj02 as wgs84_to_gcj02,
)
from gbaspatial.geography.distance import (
    area_km2 as area_km2,
    distance_km as distance_km,
    lonlat as lonlat,
    representative_points as representative_points,
)
