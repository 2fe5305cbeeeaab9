// Fills that a black and white print and color-blind readers tell apart: one drawing for each class, over its color.
// Drawings are lines on a tile of 8 by 8; ordered classes get denser, clusters get drawings of their own.
const ORDERED = ['', 'M4 3.4V4.6', 'M0 8L8 0', 'M0 8L8 0M0 4L4 0M4 8L8 4', 'M2 1.4V2.6M6 5.4V6.6', 'M0 8L8 0M0 0L8 8', 'M0 2H8M0 6H8M2 0V8M6 0V8', 'M0 1H8M0 3H8M0 5H8M0 7H8'];
const NAMED = { 'High-High': 'M0 8L8 0', 'Low-Low': 'M0 0L8 8', 'Low-High': 'M4 3V5', 'High-Low': 'M0 4H8M4 0V8', 'Hot spot': 'M0 8L8 0', 'Cold spot': 'M0 0L8 8' };
const BARE = ['Not significant', 'No data', 'Not in the analysis', 'No neighbors', 'Undefined'];

function drawingOf(legend, k) {
  const name = legend[k][1];
  return BARE.includes(name) ? '' : name in NAMED ? NAMED[name] : ORDERED[k % ORDERED.length];
}

// Relative luminance as WCAG 2 defines it.
function luminance(color) {
  const part = at => { const v = parseInt(color.slice(at, at + 2), 16) / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

// An outline of at least three to one against the fill it surrounds.
function outlineOf(color) { return luminance(color) > 0.298 ? '#484848' : '#ffffff'; }

// Dark lines but on the darkest colors: in black and white a higher class must not look lighter.
function inkOf(color) { return luminance(color) > 0.1 ? '#1a1a1a' : '#ffffff'; }

function patternTile(color, drawing, pen) {
  pen.fillStyle = color;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = inkOf(color);
  pen.lineWidth = 0.9;
  pen.stroke(new Path2D(drawing));
}

function canvasPattern(atlas, color, drawing, scale = 1) {
  const key = color + drawing + scale;
  if (!atlas.tiles[key]) {
    const tile = element('canvas'), pen = tile.getContext('2d');
    tile.width = tile.height = 8 * scale;
    pen.scale(scale, scale);
    patternTile(color, drawing, pen);
    atlas.tiles[key] = pen.createPattern(tile, 'repeat');
    if (scale !== 1) atlas.tiles[key].setTransform(new DOMMatrix().scale(1 / scale));
  }
  return atlas.tiles[key];
}

function svgPattern(id, color, drawing) {
  return vector('pattern', { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, vector('rect', { width: 8, height: 8, fill: color }),
    vector('path', { d: drawing, stroke: inkOf(color), 'stroke-width': 0.9, fill: 'none' }));
}

// What a browser is told to fill a class with.
function fillStyle(atlas, legend, k) {
  const color = legend[k][0], drawing = atlas.patterned ? drawingOf(legend, k) : '';
  if (!drawing) return color;
  if (atlas.onCanvas) return canvasPattern(atlas, color, drawing);
  return `url(#${patternIn(atlas, color, drawing)})`;
}

function patternIn(atlas, color, drawing) {
  const id = atlas.id + '-' + color.slice(1) + '-' + drawing.replace(/\W/g, '');
  if (!atlas.patternBox) {
    atlas.patternBox = vector('defs', {});
    atlas.map.getContainer().append(vector('svg', { width: 0, height: 0, style: 'position:absolute', 'aria-hidden': 'true' }, atlas.patternBox));
  }
  if (!document.getElementById(id)) atlas.patternBox.append(svgPattern(id, color, drawing));
  return id;
}

function swatchOf(atlas, legend, k) {
  const picture = vector('svg', { width: 20, height: 14, 'aria-hidden': 'true' }), color = legend[k][0];
  const drawing = atlas.patterned ? drawingOf(legend, k) : '';
  const fill = drawing ? `url(#${patternIn(atlas, color, drawing)})` : color;
  picture.append(vector('rect', { x: 0.5, y: 0.5, width: 19, height: 13, fill, stroke: '#767676' }));
  return picture;
}
