"""Topology -> SVG: model (what is shown), layout (where), wiring (links between), and the strokes that draw it."""
