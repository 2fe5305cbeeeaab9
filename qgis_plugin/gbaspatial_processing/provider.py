"""The provider: its algorithms, and the setting that names the user's Python."""

import os

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS
from .words import tr

PYTHON = "GBASPATIAL_PYTHON"  # the setting, and a variable of the environment that goes before it
ICON = os.path.join(os.path.dirname(__file__), "icon.svg")


def python_of_the_user():
    """The Python in which gbaspatial is installed, as set; empty if nobody said."""
    return os.environ.get(PYTHON) or str(ProcessingConfig.getSetting(PYTHON) or "").strip()


class GbaspatialProvider(QgsProcessingProvider):
    """Weights, Moran, LISA, models, impacts and the atlas."""

    def id(self):
        return "gbaspatial"

    def name(self):
        return "gbaspatial"

    def longName(self):
        return tr("gbaspatial: spatial weights, tests and models")

    def icon(self):
        return QIcon(ICON)

    def load(self):
        """Add the page of settings."""
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        words = tr("Python with gbaspatial (such as /home/me/env/bin/python)")
        ProcessingConfig.addSetting(Setting(self.name(), PYTHON, words, ""))
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        ProcessingConfig.removeSetting(PYTHON)

    def loadAlgorithms(self):
        for kind in ALGORITHMS:
            self.addAlgorithm(kind())

    def supportedOutputVectorLayerExtensions(self):
        return ["gpkg", "geojson", "shp"]
