// The Moran scatterplot beside the cluster map: what is touched or framed in one shows in the other.
const PLOT = { width: 214, height: 176, left: 8, right: 8, top: 12, bottom: 22 };

function scatterOf(atlas, fill) {
  const at = yearIndex(fill, atlas.year), data = at < 0 || !fill.scatter ? null : fill.scatter[at];
  if (!data) return null;
  const set = atlas.sets[fill.set], known = data.x.map((x, i) => x !== null && data.y[i] !== null ? i : -1).filter(i => i >= 0);
  const reach = values => Math.max(...values.map(Math.abs), 1e-9) * 1.08;
  const across = reach(known.map(i => data.x[i])), up = reach(known.map(i => data.y[i]));
  const place = (x, y) => [
    PLOT.left + (PLOT.width - PLOT.left - PLOT.right) * (x / across + 1) / 2,
    PLOT.top + (PLOT.height - PLOT.top - PLOT.bottom) * (1 - y / up) / 2,
  ];
  const picture = vector('svg', { width: PLOT.width, height: PLOT.height, class: 'gba-scatter', role: 'img' });
  scatterAxes(atlas, picture, place, across, up, data, known);
  atlas.dots = new Map();
  for (const i of known) {
    const [cx, cy] = place(data.x[i], data.y[i]);
    const dot = vector('circle', { cx, cy, r: known.length > 300 ? 2 : 3.6, fill: fill.legend[codeOf(fill, atlas.year, i)][0], stroke: '#333', 'stroke-width': 0.8 });
    dot.append(vector('title', {}, unitName(atlas, set, i)));
    dot.onmouseenter = () => highlight(atlas, set, set.layers[i], true);
    dot.onmouseleave = () => highlight(atlas, set, set.layers[i], false);
    dot.onclick = () => openUnit(atlas, set, i);
    atlas.dots.set(i, dot);
    picture.append(dot);
  }
  markDots(atlas);
  letFrame(atlas, picture, i => place(data.x[i], data.y[i]), known);
  return element('div', '', picture, element('div', 'gba-quiet', remark(WORDS.frame, atlas.language)));
}

function scatterAxes(atlas, picture, place, across, up, data, known) {
  const line = (a, b, style) => picture.append(vector('line', { x1: a[0], y1: a[1], x2: b[0], y2: b[1], ...style }));
  const axis = { stroke: '#aaa', 'stroke-width': 0.8, 'stroke-dasharray': '3 2' };
  line(place(-across, 0), place(across, 0), axis);
  line(place(0, -up), place(0, up), axis);
  const slope = known.reduce((s, i) => s + data.x[i] * data.y[i], 0) / known.reduce((s, i) => s + data.x[i] ** 2, 0);
  const end = Math.min(across, slope === 0 ? across : up / Math.abs(slope));
  line(place(-end, -end * slope), place(end, end * slope), { stroke: '#333', 'stroke-width': 1 });
  const words = (x, y, anchor, text) => picture.append(vector('text', { x, y, 'text-anchor': anchor, 'font-size': 9.5, fill: '#555' }, text));
  words(PLOT.width / 2, PLOT.height - 3, 'middle', say(WORDS.own, atlas.language));
  words(PLOT.left, 9, 'start', say(WORDS.neighbors, atlas.language));
  words(PLOT.width - PLOT.right, 9, 'end', say(WORDS.slope, atlas.language) + ' ' + slope.toFixed(3));
}

// A frame drawn with the mouse chooses units; a click beside them lets them go.
function letFrame(atlas, picture, placeOf, known) {
  const spot = event => { const box = picture.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  let from = null, frame = null;
  picture.onpointerdown = event => {
    from = spot(event);
    frame = vector('rect', { fill: 'rgba(44,127,184,.15)', stroke: '#2c7fb8', 'stroke-width': 1 });
    picture.append(frame);
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  picture.onpointermove = event => {
    if (!from) return;
    const to = spot(event), [x, y] = [0, 1].map(k => Math.min(from[k], to[k])), [w, h] = [0, 1].map(k => Math.abs(from[k] - to[k]));
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) frame.setAttribute(name, value);
  };
  picture.onpointerup = event => {
    const to = spot(event), low = [0, 1].map(k => Math.min(from[k], to[k])), high = [0, 1].map(k => Math.max(from[k], to[k]));
    const inside = known.filter(i => placeOf(i).every((v, k) => v >= low[k] - 2 && v <= high[k] + 2));
    from = null;
    frame.remove();
    atlas.selected = inside.length ? new Set(inside) : null;
    markDots(atlas);
    paint(atlas);
  };
}

function markDots(atlas) {
  if (atlas.dots) for (const [i, dot] of atlas.dots) dot.setAttribute('opacity', !atlas.selected || atlas.selected.has(i) ? 1 : 0.2);
}

function touchDot(atlas, i, on) {
  const dot = atlas.dots && atlas.dots.get(i);
  if (dot) dot.setAttribute('stroke-width', on ? 3 : 0.8);
}
