"""Run by the Python of QGIS: what it makes of layers and their styles. A list of jobs in JSON in, answers out."""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument


def counted(layer):
    """How many features fall under each row of the legend, by its name; and how many under none."""
    renderer, context = layer.renderer().clone(), QgsRenderContext()
    labels = {item.ruleKey(): item.label() for item in renderer.legendSymbolItems()}
    counts = dict.fromkeys(labels.values(), 0)
    without = 0
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        keys = labels.keys() & renderer.legendKeysForFeature(feature, context)
        drawn = renderer.willRenderFeature(feature, context)
        without += not (keys and drawn)
        for key in keys if drawn else ():
            counts[labels[key]] += 1
    renderer.stopRender(context)
    return counts, without


def painted(layer, extent, size):
    """How many pixels of a picture have each color, without names on it."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setBackgroundColor(QColor("#FFFFFF"))
    settings.setOutputSize(QSize(*size))
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(*extent))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    settings.setFlag(QgsMapSettings.DrawLabeling, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image, colors = job.renderedImage(), {}
    for y in range(image.height()):
        for x in range(image.width()):
            pixel = image.pixel(x, y) & 0xFFFFFF
            colors[pixel] = colors.get(pixel, 0) + 1
    return {f"#{color:06X}": count for color, count in colors.items()}


def tip_of(layer):
    """The map tip of the first feature, as QGIS fills it in."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def label_of(rule):
    """What a label rule says; each object is kept, for its parts do not live longer than it does."""
    settings = rule.settings()
    text_format = settings.format()
    halo = text_format.buffer()
    return {"words": settings.fieldName, "halo": halo.enabled() and halo.size() > 0.5,
            "far": rule.minimumScale(), "near": rule.maximumScale()}  # fmt: skip


def read(job):
    layer = QgsVectorLayer(job["path"], "layer", job.get("provider", "ogr"))
    if not layer.isValid():
        return {"valid": False}
    said = ""
    if "style" in job:
        said, _ = (layer.loadSldStyle if job["style"].endswith(".sld") else layer.loadNamedStyle)(job["style"])
    counts, without = counted(layer)
    metadata, labeling = layer.metadata(), layer.labeling()
    rules = labeling.rootRule().children() if labeling is not None and labeling.type() == "rule-based" else []
    return {
        "valid": True, "said": said, "features": layer.featureCount(), "counts": counts, "without": without,
        "renderer": layer.renderer().type(), "title": metadata.title(), "abstract": metadata.abstract(),
        "rights": metadata.rights(), "licenses": metadata.licenses(),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "tip_of_first": tip_of(layer), "names": layer.displayExpression(), "labels": layer.labelsEnabled(),
        "label_rules": [label_of(rule) for rule in rules],
        "crs": layer.crs().authid(), "primary_key": [layer.fields()[i].name() for i in layer.primaryKeyAttributes()],
        "colors": painted(layer, job["extent"], job["size"]) if "extent" in job else {},
    }  # fmt: skip


def laid_out(job):
    """A print layout of the layers of `job`, opened as a template and drawn: its items, and the share of colors."""
    project = QgsProject.instance()
    project.clear()
    layers = [QgsVectorLayer(path, "layer", "ogr") for path in job["layers"]]
    project.addMapLayers(layers)
    document, layout = QDomDocument(), QgsPrintLayout(project)
    with open(job["layout"], encoding="utf-8") as file:
        document.setContent(file.read())
    _, whole = layout.loadFromTemplate(document, QgsReadWriteContext())
    items = {item.id(): item for item in layout.items() if isinstance(item, QgsLayoutItem) and item.id()}
    image = QgsLayoutExporter(layout).renderPageToImage(0, QSize(*job["size"]))
    if "picture" in job:
        image.save(job["picture"])
    colors = {}
    for y in range(image.height()):
        for x in range(image.width()):
            pixel = image.pixel(x, y) & 0xFFFFFF
            colors[pixel] = colors.get(pixel, 0) + 1
    bar, chart, legend = items["scale"], items["map"], items["legend"]
    shown = [node.name() for node in legend.model().rootGroup().findLayers()]
    places = {}
    for name, item in items.items():
        corner, size = item.positionWithUnits(), item.sizeWithUnits()
        places[name] = [corner.x(), corner.y(), size.width(), size.height()]
    return {
        "whole": whole, "places": places, "colors": {f"#{color:06X}": count for color, count in colors.items()},
        "texts": {name: item.currentText() for name, item in items.items() if isinstance(item, QgsLayoutItemLabel)},
        "legend": shown, "bar_km": bar.unitsPerSegment() * bar.numberOfSegments(), "bar_label": bar.unitLabel(),
        "bar_mm": bar.sizeWithUnits().width(), "scale": chart.scale(), "true_crs": chart.crs().isValid(),
        "north_valid": not items["north"].isMissingImage(),
    }  # fmt: skip


def main():
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    answers = [laid_out(job) if "layout" in job else read(job) for job in json.load(sys.stdin)]
    sys.stdout.write("\nANSWERS " + json.dumps(answers) + "\n")
    sys.stdout.flush()
    application.exitQgis()


main()
