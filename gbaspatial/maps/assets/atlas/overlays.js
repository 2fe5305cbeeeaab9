// What lies above the units: links of the weights graph, flows, points, names.
const FLOW = '#d95f0e', NEGATIVE = '#542788', MANY_LINKS = 3000;

function makeOverlays(atlas) {
  return atlas.data.overlays.map(data => {
    // Two webs of lines over one another cannot be read: only the first is shown at first.
    const first = atlas.data.overlays.find(each => each.kind !== 'points');
    const made = { data, group: L.layerGroup(), shown: data.kind === 'points' || data === first, arrows: [] };
    made.draw = { links: drawLinks, flows: drawFlows, points: drawPoints }[data.kind];
    made.draw(atlas, made);
    if (made.shown) made.group.addTo(atlas.map);
    return made;
  });
}

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
  const width = v => 0.8 + 3.7 * v / 1000;
  if (pairs.length > MANY_LINKS) return drawManyLinks(made, set, pairs, style);
  for (const [i, j, forth, back] of pairs) {
    const a = L.latLng(set.at[i]), b = L.latLng(set.at[j]), m = middle(a, b, atlas.map);
    const tip = () => linkTip(atlas, set, data, i, j, forth, back);
    const halves = forth === back ? [[[a, b], forth]] : [[[a, m], forth || back], [[m, b], back || forth]];
    for (const [line, v] of halves) made.group.addLayer(L.polyline(line, { ...style, weight: width(v) }));
    // A wide invisible line catches the mouse where the visible one is thin.
    made.group.addLayer(L.polyline([a, b], { pane: 'gba-links', weight: 12, opacity: 0 }).bindTooltip(tip, { sticky: true, className: 'gba-tip' }));
    if (!forth || !back) addArrow(atlas, made, forth ? [a, b] : [b, a], data.color, 0.62);
  }
  const ends = new Set(pairs.flatMap(pair => [pair[0], pair[1]]));
  for (const i of ends) made.group.addLayer(L.circleMarker(set.at[i], { pane: 'gba-links', radius: 2.5, color: data.color, weight: 1, fillColor: '#fff', fillOpacity: 1, interactive: false }));
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

function drawFlows(atlas, made) {
  const data = made.data, set = atlas.sets[data.set], most = Math.max(...data.flows.map(f => Math.abs(f[2])));
  for (const [i, j, value] of [...data.flows].reverse()) {  // the largest last, so that they lie on top
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

// Names: larger units first; one that would lie on another moves a little, or waits for a closer view.
const SHIFTS = [[0, 0], [0, -15], [0, 15], [0, -28], [0, 28], [40, 0], [-40, 0]];

function makeNames(atlas) {
  const made = { group: L.layerGroup(), shown: true, list: [] };
  const set = atlas.sets[atlas.fill ? atlas.fill.set : 0];
  if (set.layers.length <= MANY_UNITS) {
    const size = i => { const b = set.layers[i].getBounds ? set.layers[i].getBounds() : null; return b ? (b.getEast() - b.getWest()) * (b.getNorth() - b.getSouth()) : 0; };
    set.at.forEach((place, i) => made.list.push({ place, size: size(i), quiet: false, words: () => [set.en[i], set.zh[i] || ''] }));
    made.list.sort((a, b) => b.size - a.size);
  }
  const around = atlas.data.context && atlas.data.context.around;
  if (around) unpackPlaces(around.at, around.scale).forEach((place, i) =>
    made.list.push({ place, quiet: true, words: () => [atlas.data.context.en[i], atlas.data.context.zh[i] || ''] }));
  for (const name of made.list) {
    name.span = element('span');
    const icon = L.divIcon({ className: 'gba-name' + (name.quiet ? ' gba-name-quiet' : ''), html: name.span, iconSize: null });
    made.group.addLayer(L.marker(name.place, { icon, pane: 'gba-names', interactive: false, keyboard: false }));
  }
  return made;
}

function arrangeNames(atlas) {
  const names = atlas.names, taken = [], view = atlas.map.getContainer().getBoundingClientRect();
  if (!names.shown) return;
  const boxes = [...atlas.map.getContainer().querySelectorAll('.gba-box, .gba-title')].map(node => node.getBoundingClientRect());
  const covered = boxes.map(b => [b.left - view.left, b.top - view.top, b.right - view.left, b.bottom - view.top]);
  for (const name of names.list) {
    const words = say(name.words(), atlas.language);
    if (name.span.textContent !== words) name.span.textContent = words;
    name.box = null;
    name.span.style.visibility = 'hidden';
    const at = atlas.map.latLngToContainerPoint(name.place), w = name.span.offsetWidth + 4, h = name.span.offsetHeight;
    if (at.x < -50 || at.y < -20 || at.x > view.width + 50 || at.y > view.height + 20) continue;
    for (const [dx, dy] of name.quiet ? [[0, 0]] : SHIFTS) {
      const box = [at.x + dx - w / 2, at.y + dy - h / 2, at.x + dx + w / 2, at.y + dy + h / 2];
      if ([...taken, ...covered].some(o => box[0] < o[2] && box[2] > o[0] && box[1] < o[3] && box[3] > o[1])) continue;
      taken.push(box);
      name.box = box;
      name.span.style.transform = `translate(-50%, -50%) translate(${dx}px, ${dy}px)`;
      name.span.style.visibility = 'visible';
      break;
    }
  }
}
