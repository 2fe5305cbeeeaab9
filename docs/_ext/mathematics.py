"""Formulas as MathML, which browsers draw by themselves: no script, no picture, nothing asked of the network."""

from docutils import nodes
from docutils.utils.math import latex2mathml


def mathml(text: str, *, display: bool) -> str:
    """LaTeX as a <math> element."""
    return latex2mathml.tex2mathml(text, as_block=display)


def _inline(self, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def _display(self, node: nodes.math_block) -> None:
    self.body.append(mathml(node.astext(), display=True))
    raise nodes.SkipNode


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_display, None))
    app.config.html_math_renderer = "mathml"
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
