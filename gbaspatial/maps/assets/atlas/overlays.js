// What lies above the units: links of the weights graph, flows, points, names.
const FLOW = '#d95f0e', NEGATIVE = '#542788', MANY_LINKS = 3000;

function makeOverlays(atlas) {
  return atlas.data.overlays.map(data => {
    // Two webs of lines over one another cannot be read: only the first is shown at first.
    const always = ['points', 'bins', 'tiles'], first = atlas.data.overlays.find(each => !always.includes(each.kind));
    const made = { data, group: L.layerGroup(), shown: always.includes(data.kind) || (data === first && !hidesMap(atlas, data)), arrows: [], least: 0, way: 'all' };
    made.draw = { links: drawLinks, flows: drawFlows, points: drawPoints, bins: drawBins, tiles: drawTiles }[data.kind];
    made.draw(atlas, made);
    if (made.shown) made.group.addTo(atlas.map);
    return made;
  });
}

// A graph of hundreds of links would lie over the map like a lid: it waits until it is asked for.
function hidesMap(atlas, data) { return Boolean(atlas.fill) && data.kind === 'links' && data.pairs[data.pairs.length - 1].length > 300; }

// Links open in a year stay open: the last state before the slider's year holds.
function stateAt(data, year) {
  if (!data.years) return 0;
  let at = -1;
  data.years.forEach((y, k) => { if (year === null || y <= year) at = k; });
  return at;
}

function middle(a, b, map) {
  const p = map.project(a, 10), q = map.project(b, 10);
  return map.unproject(p.add(q).divideBy(2), 10);
}

function drawLinks(atlas, made) {
  const data = made.data, set = atlas.sets[data.set], at = stateAt(data, atlas.year);
  made.group.clearLayers();
  made.arrows = [];
  if (at < 0) return;
  const pairs = data.pairs[at], style = { color: data.color, opacity: 0.75, pane: 'gba-links', interactive: false, lineCap: 'butt' };
  const thin = Math.max(0.3, Math.min(1, Math.sqrt(120 / Math.max(pairs.length, 1)))) * (atlas.slim || 1), width = v => (0.8 + 3.7 * v / 1000) * thin;
  if (pairs.length > MANY_LINKS) return drawManyLinks(made, set, pairs, style);
  for (const [i, j, forth, back] of pairs) {
    const a = L.latLng(set.at[i]), b = L.latLng(set.at[j]), m = middle(a, b, atlas.map);
    const tip = () => linkTip(atlas, set, data, i, j, forth, back);
    const halves = forth === back ? [[[a, b], forth]] : [[[a, m], forth || back], [[m, b], back || forth]];
    // A light edge, where the dark sea would swallow a dark line.
    if (atlas.isDark()) made.group.addLayer(L.polyline([a, b], { ...style, color: '#ffffff', opacity: 0.7, weight: width(Math.max(forth, back)) + 2 }));
    for (const [line, v] of halves) made.group.addLayer(L.polyline(line, { ...style, weight: width(v), opacity: atlas.isDark() ? 1 : style.opacity }));
    // A wide invisible line catches the mouse where the visible one is thin.
    made.group.addLayer(L.polyline([a, b], { pane: 'gba-links', weight: 12, opacity: 0 }).bindTooltip(tip, { sticky: true, className: 'gba-tip' }));
    if (!forth || !back) addArrow(atlas, made, forth ? [a, b] : [b, a], data.color, 0.62, 4 + 6 * thin);
  }
  const ends = new Set(pairs.flatMap(pair => [pair[0], pair[1]]));
  for (const i of ends) made.group.addLayer(L.circleMarker(set.at[i], { pane: 'gba-links', radius: 1 + 1.5 * thin, color: data.color, weight: thin, fillColor: '#fff', fillOpacity: 1, interactive: false }));
}

function drawManyLinks(made, set, pairs, style) {
  const canvas = L.canvas({ pane: 'gba-web', padding: 0.3 });
  const steps = [0, 250, 500, 750, 1000];
  for (let k = 0; k < 4; k++) {
    const lines = pairs.filter(p => { const v = Math.max(p[2], p[3]); return v > steps[k] && v <= steps[k + 1]; });
    if (lines.length) made.group.addLayer(L.polyline(lines.map(p => [set.at[p[0]], set.at[p[1]]]), { ...style, pane: 'gba-web', renderer: canvas, weight: 0.5 + 0.4 * k }));
  }
}

function linkTip(atlas, set, data, i, j, forth, back) {
  const name = k => unitName(atlas, set, k), weight = v => write(v * data.largest / 1000, 4);
  const tip = element('div');
  if (forth) tip.append(element('div', '', name(i) + ' → ' + name(j) + ': ' + weight(forth)));
  if (back) tip.append(element('div', '', name(j) + ' → ' + name(i) + ': ' + weight(back)));
  return tip;
}

function addArrow(atlas, made, [a, b], color, share, size = 10) {
  const p = atlas.map.project(a, 10), q = atlas.map.project(b, 10);
  const tip = atlas.map.unproject(p.multiplyBy(1 - share).add(q.multiplyBy(share)), 10);
  putArrow(made, tip, Math.atan2(q.y - p.y, q.x - p.x), color, size);
}

function putArrow(made, place, angle, color, size) {
  const picture = vector('svg', { width: size, height: size, viewBox: '0 0 10 10' }, vector('path', { d: 'M0 0L10 5L0 10Z', fill: color }));
  picture.style.transform = `rotate(${angle}rad)`;
  const icon = L.divIcon({ className: 'gba-arrow', html: picture, iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
  made.group.addLayer(L.marker(place, { icon, pane: 'gba-links', interactive: false, keyboard: false }));
  made.arrows.push({ place, angle, color, size });
}

// Those at least as large as the slider says, and in the direction that is asked for.
function shownFlows(atlas, made) {
  const sizes = made.data.flows.map(f => Math.abs(f[2])).sort((a, b) => a - b), least = sizes[made.least], { chosen } = atlas;
  const ends = { all: () => true, gives: f => chosen.has(f[0]), receives: f => chosen.has(f[1]) }[chosen.size ? made.way : 'all'];
  return made.data.flows.filter(f => Math.abs(f[2]) >= least && ends(f));
}

function drawFlows(atlas, made) {
  const data = made.data, set = atlas.sets[data.set], most = Math.max(...data.flows.map(f => Math.abs(f[2])));
  made.group.clearLayers();
  made.arrows = [];
  for (const [i, j, value] of shownFlows(atlas, made).reverse()) {  // the largest last, so that they lie on top
    const size = Math.abs(value) / most, color = value < 0 ? NEGATIVE : FLOW, line = arc(atlas.map, set.at[i], set.at[j]);
    const tip = () => element('div', '', unitName(atlas, set, i) + ' → ' + unitName(atlas, set, j) + ': ' + write(value, 4));
    made.group.addLayer(L.polyline(line, { pane: 'gba-links', color, weight: 1 + 5 * size, opacity: 0.45 + 0.35 * size, lineCap: 'round', interactive: false }));
    made.group.addLayer(L.polyline(line, { pane: 'gba-links', weight: 12, opacity: 0 }).bindTooltip(tip, { sticky: true, className: 'gba-tip' }));
    const p = atlas.map.project(line[20], 10), q = atlas.map.project(line[22], 10);
    putArrow(made, line[21], Math.atan2(q.y - p.y, q.x - p.x), color, 8 + 6 * size);
  }
}

// A bow to the right of its way, so that the flow there and the flow back lie apart.
function arc(map, from, to) {
  const a = map.project(from, 10), b = map.project(to, 10), line = [];
  const bend = L.point((a.x + b.x) / 2 - 0.18 * (b.y - a.y), (a.y + b.y) / 2 + 0.18 * (b.x - a.x));
  for (let k = 0; k <= 24; k++) {
    const t = k / 24, s = 1 - t;
    line.push(map.unproject(a.multiplyBy(s * s).add(bend.multiplyBy(2 * s * t)).add(b.multiplyBy(t * t)), 10));
  }
  return line;
}

function drawPoints(atlas, made) {
  const data = made.data;
  unpackPlaces(data.at, data.scale).forEach((place, i) => {
    const dot = L.circleMarker(place, { pane: 'gba-points', radius: 4.5, color: '#ffffff', weight: 1.2, fillColor: data.color, fillOpacity: 1 });
    dot.bindTooltip(() => element('div', '', data.names[i]), { className: 'gba-tip' });
    dot.bindPopup(() => {
      const rows = data.about[i].map(([key, value]) => element('tr', '', element('th', '', key), element('td', '', value)));
      return element('div', 'gba-card', element('h3', '', data.names[i]), element('table', '', ...rows));
    }, { maxWidth: 340, className: 'gba-popup' });
    made.group.addLayer(dot);
  });
}
