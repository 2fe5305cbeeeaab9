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

// How long each vertex is kept when the view is wide: 0 to 3, the same for all units that share it.
function unpackLevels(shapes, units) {
  if (!shapes.levels) return;
  let at = 0;
  for (const unit of units) for (const polygon of unit) for (const ring of polygon) {
    ring.levels = new Uint8Array(ring.length);
    for (let k = 0; k < ring.length; k++, at++) ring.levels[k] = DIGIT[shapes.levels.charCodeAt(Math.floor(at / 3))] >> 2 * (at % 3) & 3;
  }
}

// A polygon that is drawn with as many vertices as the zoom shows; neighbors leave out the same ones.
const Shape = L.Polygon.extend({
  initialize(unit, options) {
    L.Polygon.prototype.initialize.call(this, unit, options);
    this._latlngs.forEach((polygon, p) => polygon.forEach((ring, r) => { ring.levels = unit[p][r].levels; }));
  },
  _projectLatlngs(places, result, bounds) {
    const need = this._map.gbaDetail || 0;
    if (!places.levels || !need) return L.Polygon.prototype._projectLatlngs.call(this, places, result, bounds);
    const kept = places.filter((_, k) => places.levels[k] >= need);
    return L.Polygon.prototype._projectLatlngs.call(this, kept.length < 3 ? places : kept, result, bounds);
  },
});

// Which level a zoom needs: what goes must be smaller than a pixel.
function detailAt(map, tolerances) {
  const pixel = 360 / (256 * 2 ** map.getZoom());
  return tolerances.filter(each => each <= 0.7 * pixel).length;
}
