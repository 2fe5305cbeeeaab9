"""What people read, in Chinese where QGIS speaks Chinese."""

_CHINESE = {
    "gbaspatial: spatial weights, tests and models": "gbaspatial：空间权重、检验与模型",
    "Python with gbaspatial (such as /home/me/env/bin/python)": (
        "装有 gbaspatial 的 Python（如 /home/me/env/bin/python）"
    ),
    "Spatial weights": "空间权重",
    "Moran's I": "莫兰指数",
    "Local Moran (LISA)": "局部莫兰指数（LISA）",
    "Spatial model": "空间模型",
    "Impacts of a spatial model": "空间模型的效应",
    "Interactive atlas": "交互地图",
    "Layer": "图层",
    "Column that identifies a unit": "标识单元的字段",
    "Column to test": "要检验的字段",
    "Columns to draw": "要绘制的字段",
    "Column of names to show": "显示名称的字段",
    "Neighbors": "邻居",
    "Number of neighbors, kilometers or power": "邻居个数、公里数或幂次",
    "File of weights instead": "改用权重文件",
    "Standardization": "标准化",
    "Formula, such as y ~ x + W(x)": "公式，如 y ~ x + W(x)",
    "Model": "模型",
    "Seed of random draws": "随机种子",
    "Table": "表",
    "Weights": "权重",
    "Clusters": "聚类",
    "Residuals": "残差",
    "Page": "网页",
    "Draw the clusters too": "同时绘制聚类",
    "queen": "公共边或点（queen）",
    "rook": "公共边（rook）",
    "nearest": "最近邻",
    "band": "距离带",
    "inverse": "反距离",
    "row": "行标准化",
    "binary": "二值",
    "none": "不标准化",
    "Who is a neighbor of whom, written for GeoDa, PySAL, R and others.": "谁与谁相邻，写给 GeoDa、PySAL、R 等软件。",
    "Whether neighbors are alike: Moran's I with a p-value that is exact where units are few.": (
        "邻居是否相似：莫兰指数，单元少时 p 值为精确值。"
    ),
    "Where neighbors are alike: clusters and outliers, with p-values adjusted for the number of units.": (
        "何处相似：聚类与异常单元，并给出按单元数校正的 p 值。"
    ),
    "A spatial lag, error or related model, with the inference that is recommended for the number of units.": (
        "空间滞后、误差及相关模型，按单元数采用推荐的推断方法。"
    ),
    "What a change in one unit does there (direct) and elsewhere (indirect).": (
        "一个单元的变化对自身（直接）和他处（间接）的影响。"
    ),
    "One page that opens anywhere, also without the internet. Not a map for legal boundaries.": (
        "一个网页，随处可开，无需联网。非法定界线依据。"
    ),
}


def language():
    """The language that QGIS speaks, such as ``"zh"``."""
    from qgis.core import QgsApplication

    return QgsApplication.instance().locale()[:2]


def tr(words):
    """`words` in the language of QGIS."""
    return _CHINESE.get(words, words) if language() == "zh" else words
