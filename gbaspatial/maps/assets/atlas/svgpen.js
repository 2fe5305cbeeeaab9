// What a canvas is told, written down as SVG: the parts of its language that the picture uses, and no more.
class SvgPen {
  constructor(size, ruler) {
    this.ruler = ruler;
    this.defs = vector('defs', {});
    this.root = this.whole = vector('svg', { width: size.x, height: size.y, viewBox: `0 0 ${size.x} ${size.y}` }, this.defs);
    this.globalAlpha = 1;
    this.transform = '';
    this.kept = [];
  }

  shade(color, drawing) {
    if (!drawing) return color;
    const id = 'p' + color.slice(1) + drawing.replace(/\W/g, '');
    if (![...this.defs.children].some(each => each.id === id)) this.defs.append(svgPattern(id, color, drawing));
    return `url(#${id})`;
  }

  put(tag, attributes, ...children) {
    const drawn = { ...attributes };
    if (this.globalAlpha !== 1) drawn.opacity = this.globalAlpha;
    if (this.transform) drawn.transform = this.transform;
    this.root.append(vector(tag, drawn, ...children));
  }

  beginPath() { this.path = ''; }
  moveTo(x, y) { this.path += `M${x.toFixed(2)} ${y.toFixed(2)}`; }
  lineTo(x, y) { this.path += `L${x.toFixed(2)} ${y.toFixed(2)}`; }
  closePath() { this.path += 'Z'; }
  arc(x, y, r) { this.path += `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`; }
  fill(rule) { if (this.path) this.put('path', { d: this.path, fill: this.fillStyle, 'fill-rule': rule || 'nonzero' }); }
  stroke() { if (this.path) this.put('path', { d: this.path, fill: 'none', stroke: this.strokeStyle, 'stroke-width': this.lineWidth, 'stroke-linejoin': 'round' }); }
  drawImage(canvas, x, y, width, height) { this.put('image', { x, y, width, height, href: canvas.toDataURL('image/png') }); }
  fillRect(x, y, width, height) { this.put('rect', { x, y, width, height, fill: this.fillStyle }); }
  strokeRect(x, y, width, height) { this.put('rect', { x, y, width, height, fill: 'none', stroke: this.strokeStyle, 'stroke-width': this.lineWidth }); }
  fillText(words, x, y) { this.letters(words, x, y, { fill: this.fillStyle }); }
  strokeText(words, x, y) { this.letters(words, x, y, { fill: 'none', stroke: this.strokeStyle, 'stroke-width': this.lineWidth, 'stroke-linejoin': 'round' }); }

  letters(words, x, y, look) {
    const anchor = this.textAlign === 'center' ? 'middle' : 'start', style = 'font:' + this.font;
    this.put('text', { x, y, dy: '0.35em', 'text-anchor': anchor, style, ...look }, words);  // few programs know dominant-baseline
  }

  measureText(words) { this.ruler.font = this.font; return this.ruler.measureText(words); }
  save() { this.kept.push([this.transform, this.root]); }
  restore() { [this.transform, this.root] = this.kept.pop(); }

  // What follows is drawn from (x, y) on, and only inside a frame, until it is restored.
  frame(x, y, width, height) {
    const id = 'frame' + this.kept.length + '-' + this.defs.children.length;
    this.defs.append(vector('clipPath', { id }, vector('rect', { width, height })));
    const inside = vector('g', { transform: `translate(${x} ${y})` }), clipped = vector('g', { 'clip-path': `url(#${id})` });
    inside.append(clipped);
    this.root.append(inside);
    this.root = clipped;
  }

  translate(x, y) { this.transform += `translate(${x} ${y})`; }
  rotate(angle) { this.transform += `rotate(${angle * 180 / Math.PI})`; }
  text() { return new XMLSerializer().serializeToString(this.whole); }
}
