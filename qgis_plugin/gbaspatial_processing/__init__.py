"""Spatial econometrics in QGIS: a Processing provider that asks gbaspatial in a Python of the user's own."""


def classFactory(iface):
    """The plugin, as QGIS starts it; without `iface` in ``qgis_process``."""
    from .plugin import GbaspatialPlugin

    return GbaspatialPlugin(iface)
