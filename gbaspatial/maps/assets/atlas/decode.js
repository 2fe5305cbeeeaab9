// The other half of gbaspatial/maps/geometry.py: text back into integers, degrees and rings.
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGIT = new Int8Array(128);
for (let i = 0; i < 64; i++) DIGIT[LETTERS.charCodeAt(i)] = i;

function unpack(text) {
  const numbers = [];
  let value = 0, factor = 1;
  for (let i = 0; i < text.length; i++) {
    const digit = DIGIT[text.charCodeAt(i)];
    value += (digit & 31) * factor;  // no shift: a number may pass 32 bits
    if (digit & 32) { factor *= 32; continue; }
    numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
    value = 0; factor = 1;
  }
  return numbers;
}

function unpackPlaces(text, scale) {
  const steps = unpack(text), places = new Array(steps.length / 2);
  let x = 0, y = 0;
  for (let i = 0; i < places.length; i++) {
    x += steps[2 * i]; y += steps[2 * i + 1];
    places[i] = [y / scale, x / scale];
  }
  return places;
}

// For each unit a list of polygons, each a list of rings of [lat, lon].
function unpackShapes(shapes) {
  const places = unpackPlaces(shapes.xy, shapes.scale);
  const counts = (text, n) => text === '' ? new Array(n).fill(1) : unpack(text);
  const polygons = counts(shapes.polygons, unpack(shapes.at).length / 2);
  const rings = counts(shapes.rings, polygons.reduce((sum, n) => sum + n, 0)), points = unpack(shapes.points);
  let r = 0, p = 0, at = 0;
  return polygons.map(count => {
    const unit = [];
    for (let i = 0; i < count; i++) {
      const polygon = [];
      for (let j = rings[p++]; j > 0; j--) { polygon.push(places.slice(at, at + points[r])); at += points[r++]; }
      unit.push(polygon);
    }
    return unit;
  });
}
