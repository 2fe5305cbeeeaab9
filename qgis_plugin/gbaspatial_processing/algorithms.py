"""The algorithms: each writes its input to a file, asks the worker, and hands its files and numbers to QGIS."""

import os
import tempfile

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsVectorFileWriter,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from .client import WorkerError, ask
from .words import tr

KINDS = ("queen", "rook", "nearest", "band", "inverse")
STYLES = ("row", "binary", "none")
MODELS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error")
SHAPES = [QgsProcessing.TypeVectorPolygon, QgsProcessing.TypeVectorPoint]
PAGE = "HTML (*.html);;CSV (*.csv);;JSON (*.json);;LaTeX (*.tex);;Excel (*.xlsx);;Word (*.docx)"


class Asking(QgsProcessingAlgorithm):
    """What all algorithms share: the layer, its ids, W, and the talk with the worker.

    Each has `asked(parameters, context)`: what its request says beside these.
    """

    task = ""
    title = ""
    tells = ""

    def name(self):
        return self.task

    def displayName(self):
        return tr(self.title)

    def group(self):
        return ""

    def groupId(self):
        return ""

    def icon(self):
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))

    def shortHelpString(self):
        return tr(self.tells)

    def createInstance(self):
        return type(self)()

    def initAlgorithm(self, configuration=None):
        """The parameters that every algorithm has, then its own."""
        self.addParameter(QgsProcessingParameterFeatureSource("INPUT", tr("Layer"), SHAPES))
        self.addParameter(QgsProcessingParameterField("ID", tr("Column that identifies a unit"), None, "INPUT"))
        self.own()
        kinds = [tr(kind) for kind in KINDS]
        self.addParameter(QgsProcessingParameterEnum("NEIGHBORS", tr("Neighbors"), kinds, defaultValue=0))
        words = tr("Number of neighbors, kilometers or power")
        self.addParameter(
            QgsProcessingParameterNumber("NUMBER", words, QgsProcessingParameterNumber.Double, 4, minValue=0)
        )
        self.addParameter(QgsProcessingParameterFile("WEIGHTS", tr("File of weights instead"), optional=True))
        styles = [tr(style) for style in STYLES]
        self.addParameter(QgsProcessingParameterEnum("STYLE", tr("Standardization"), styles, defaultValue=0))

    def own(self):
        """The parameters of this algorithm alone."""

    def processAlgorithm(self, parameters, context, feedback):
        """Ask the worker; an error of it ends the algorithm with its sentence."""
        from .provider import python_of_the_user

        with tempfile.TemporaryDirectory() as folder:
            units = os.path.join(folder, "units.gpkg")
            self._write(parameters, context, units)
            request = {
                "do": self.task, "units": units, "layer": "units",
                "id": self.parameterAsString(parameters, "ID", context),
                "weights": self._weights(parameters, context),
                "style": STYLES[self.parameterAsEnum(parameters, "STYLE", context)],
                **self.asked(parameters, context),
            }  # fmt: skip
            try:
                answer = ask(python_of_the_user(), request, feedback.isCanceled)
            except WorkerError as error:
                raise QgsProcessingException(str(error)) from error
        for warning in answer["warnings"]:
            feedback.pushWarning(warning)
        feedback.pushInfo(answer["text"])
        return self.given(answer, parameters, context)

    def given(self, answer, parameters, context):
        """The outputs, by the names of the parameters and numbers."""
        found = {}
        for name, kind in (("OUTPUT", "layer"), ("OUTPUT", "weights"), ("OUTPUT", "page"), ("TABLE", "table")):
            if kind in answer["files"]:
                found[name] = answer["files"][kind]
        return found

    def _weights(self, parameters, context):
        file = self.parameterAsFile(parameters, "WEIGHTS", context)
        if file:
            return file
        kind = KINDS[self.parameterAsEnum(parameters, "NEIGHBORS", context)]
        if kind in ("queen", "rook"):
            return kind
        return f"{kind}:{self.parameterAsDouble(parameters, 'NUMBER', context):.15g}"

    def _write(self, parameters, context, path):
        """The features asked for (all, or those chosen) as a GeoPackage with the columns as they are."""
        source = self.parameterAsSource(parameters, "INPUT", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "INPUT"))
        many = source.wkbType() if QgsWkbTypes.geometryType(source.wkbType()) == QgsWkbTypes.PointGeometry else (
            QgsWkbTypes.multiType(source.wkbType()))  # fmt: skip
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName, options.layerOptions = "GPKG", "units", ["FID=gbaspatial_fid"]
        writer = QgsVectorFileWriter.create(
            path, source.fields(), many, source.sourceCrs(), context.transformContext(), options
        )
        for feature in source.getFeatures():
            geometry = feature.geometry()
            if QgsWkbTypes.isMultiType(many) and not geometry.isNull():
                geometry.convertToMultiType()
                feature.setGeometry(geometry)
            if not writer.addFeature(feature):
                raise QgsProcessingException(writer.errorMessage())
        failed = writer.errorMessage() if writer.hasError() else ""
        del writer
        if failed:
            raise QgsProcessingException(failed)

    def add_table(self):
        """A table of the results as a file."""
        self.addParameter(QgsProcessingParameterFileDestination("TABLE", tr("Table"), PAGE, optional=True))

    def add_seed(self):
        """The seed of random draws."""
        words = tr("Seed of random draws")
        self.addParameter(QgsProcessingParameterNumber("SEED", words, defaultValue=1, minValue=0))

    def file(self, parameters, name, context):
        """The path of a file to write; empty where it is left out."""
        return self.parameterAsFileOutput(parameters, name, context) or ""


class WeightsFile(Asking):
    """Spatial weights, in a file for other programs."""

    task, title = "weights", "Spatial weights"
    tells = "Who is a neighbor of whom, written for GeoDa, PySAL, R and others."

    def own(self):
        files = "GWT (*.gwt);;GAL (*.gal);;CSV (*.csv);;JSON (*.json);;Matrix Market (*.mtx)"
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Weights"), files))

    def asked(self, parameters, context):
        return {"out": self.file(parameters, "OUTPUT", context)}


class Moran(Asking):
    """Global spatial autocorrelation."""

    task, title = "moran", "Moran's I"
    tells = "Whether neighbors are alike: Moran's I with a p-value that is exact where units are few."

    def own(self):
        self.addParameter(
            QgsProcessingParameterField(
                "COLUMN", tr("Column to test"), None, "INPUT", QgsProcessingParameterField.Numeric
            )
        )
        self.add_seed()
        self.add_table()
        self.addOutput(QgsProcessingOutputNumber("STATISTIC", "I"))
        self.addOutput(QgsProcessingOutputNumber("P_VALUE", "p"))

    def asked(self, parameters, context):
        return {
            "column": self.parameterAsString(parameters, "COLUMN", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "table": self.file(parameters, "TABLE", context),
        }

    def given(self, answer, parameters, context):
        row = answer["tables"][0]["rows"][0]
        return {**super().given(answer, parameters, context), "STATISTIC": row["statistic"], "P_VALUE": row["p_value"]}


class Lisa(Moran):
    """Local spatial autocorrelation, as a styled layer."""

    task, title = "lisa", "Local Moran (LISA)"
    tells = "Where neighbors are alike: clusters and outliers, with p-values adjusted for the number of units."

    def own(self):
        self.addParameter(
            QgsProcessingParameterField(
                "COLUMN", tr("Column to test"), None, "INPUT", QgsProcessingParameterField.Numeric
            )
        )
        self.add_seed()
        self.add_table()
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Clusters")))

    def asked(self, parameters, context):
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        return {**super().asked(parameters, context), "out": out}

    def given(self, answer, parameters, context):
        return Asking.given(self, answer, parameters, context)


class Model(Asking):
    """A model by formula, with its residuals as a layer."""

    task, title = "fit", "Spatial model"
    tells = "A spatial lag, error or related model, with the inference that is recommended for the number of units."

    def own(self):
        self.addParameter(QgsProcessingParameterString("FORMULA", tr("Formula, such as y ~ x + W(x)")))
        self.addParameter(QgsProcessingParameterEnum("MODEL", tr("Model"), list(MODELS), defaultValue=2))
        self.add_table()
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Residuals"), optional=True))

    def asked(self, parameters, context):
        return {
            "formula": self.parameterAsString(parameters, "FORMULA", context),
            "model": MODELS[self.parameterAsEnum(parameters, "MODEL", context)],
            "table": self.file(parameters, "TABLE", context),
            "out": self.parameterAsOutputLayer(parameters, "OUTPUT", context) or "",
        }


class Impacts(Asking):
    """Direct, indirect and total impacts."""

    task, title = "impacts", "Impacts of a spatial model"
    tells = "What a change in one unit does there (direct) and elsewhere (indirect)."

    def own(self):
        self.addParameter(QgsProcessingParameterString("FORMULA", tr("Formula, such as y ~ x + W(x)")))
        self.addParameter(QgsProcessingParameterEnum("MODEL", tr("Model"), list(MODELS), defaultValue=2))
        self.add_seed()
        self.add_table()

    def asked(self, parameters, context):
        return {
            "formula": self.parameterAsString(parameters, "FORMULA", context),
            "model": MODELS[self.parameterAsEnum(parameters, "MODEL", context)],
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "table": self.file(parameters, "TABLE", context),
        }


class AtlasPage(Asking):
    """An interactive map in one file."""

    task, title = "atlas", "Interactive atlas"
    tells = "One page that opens anywhere, also without the internet. Not a map for legal boundaries."

    def own(self):
        field = QgsProcessingParameterField
        self.addParameter(field("COLUMNS", tr("Columns to draw"), None, "INPUT", field.Any, allowMultiple=True))
        self.addParameter(field("LABEL", tr("Column of names to show"), None, "INPUT", optional=True))
        self.addParameter(QgsProcessingParameterBoolean("CLUSTERS", tr("Draw the clusters too"), defaultValue=False))
        self.add_seed()
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Page"), "HTML (*.html)"))

    def asked(self, parameters, context):
        return {
            "columns": self.parameterAsFields(parameters, "COLUMNS", context),
            "label": self.parameterAsString(parameters, "LABEL", context) or "",
            "clusters": self.parameterAsBoolean(parameters, "CLUSTERS", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "out": self.file(parameters, "OUTPUT", context),
        }


ALGORITHMS = (WeightsFile, Moran, Lisa, Model, Impacts, AtlasPage)
