"""Run by a Python that has QGIS: open a project, render its layers, say what came out as JSON."""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def groups(node, above=()):
    for child in node.children():
        name = (*above, child.name())
        if hasattr(child, "layerId"):
            yield child.layerId(), list(name)
        else:
            yield from groups(child, name)


def colours(layer, project):
    """Return the colours of a picture of one layer alone, those of few pixels left out."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(300, 300))
    extent = settings.layerExtentToOutputExtent(layer, layer.extent())
    settings.setExtent(extent.buffered(max(extent.width(), extent.height(), 1.0) / 50))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    count = {}
    for x in range(0, 300, 2):
        for y in range(0, 300, 2):
            name = QColor(image.pixel(x, y)).name()
            count[name] = count.get(name, 0) + 1
    return {name: n for name, n in count.items() if n > 3}


application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
opened = project.read(sys.argv[1])
found = {"opened": opened, "title": project.title(), "crs": project.crs().authid(), "layers": []}
names = dict(groups(project.layerTreeRoot()))
for key, layer in project.mapLayers().items():
    item = {
        "id": key,
        "name": layer.name(),
        "path": names.get(key, []),
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "vector": isinstance(layer, QgsVectorLayer),
    }
    if layer.isValid():
        if item["vector"]:
            item["rows"] = layer.featureCount()
            legend = layer.renderer().legendSymbolItems()
            item["legend"] = [
                [one.label(), one.symbol().color().name() if one.symbol() else ""] for one in legend
            ]
        item["colours"] = colours(layer, project)
    found["layers"].append(item)
print("FOUND " + json.dumps(found))
sys.stdout.flush()
