"""Spatial models of units over time: effects taken out after W was applied, one likelihood for all of them."""
