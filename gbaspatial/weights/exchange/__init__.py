"""W as a file: what `weights.read` and `weights.write` understand, one file for each family of formats.

`weight_files` is the door: it knows the formats by their endings and by their contents, and hands each to the
readers and writers of text (GAL, GWT, Matrix Market), of numbered units (Stata, ArcGIS) and of tables (CSV, Parquet,
JSON).
"""
