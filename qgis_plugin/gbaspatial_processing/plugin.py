"""The plugin: it adds the provider, and takes it away again."""

from qgis.core import QgsApplication

from .provider import GbaspatialProvider


class GbaspatialPlugin:
    """What QGIS loads; it needs no window, so that ``qgis_process`` can load it too."""

    def __init__(self, iface=None):
        self.iface = iface
        self.provider = None

    def initProcessing(self):
        """Add the algorithms."""
        self.provider = GbaspatialProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Start with a window: nothing more than the algorithms."""
        self.initProcessing()

    def unload(self):
        """Take the algorithms away."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
