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
  const picture = vector('svg', { width: PLOT.width, height: PLOT.height, class: 'gba-scatter', role: 'img', 'aria-label': say(['Moran scatterplot; the table below the map tells the same', 'Moran 散点图；下方表格内容相同'], atlas.language) });
  scatterAxes(atlas, picture, place, across, up, data, known);
  atlas.dots = new Map();
  for (const i of known) {
    const [cx, cy] = place(data.x[i], data.y[i]);
    const dot = vector('circle', { cx, cy, r: known.length > 300 ? 2 : 3.6, fill: fill.legend[codeOf(atlas, fill, atlas.year, i)][0], stroke: '#333', 'stroke-width': 0.8 });
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
  line(place(-end, -end * slope), place(end, end * slope), { stroke: atlas.isDark() ? '#ddd' : '#333', 'stroke-width': 1 });
  const words = (x, y, anchor, text) => picture.append(vector('text', { x, y, 'text-anchor': anchor, 'font-size': 9.5 }, text));
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

// Two variables of the same units against each other, linked to the map as the rest is.
function dotsPage(atlas, page) {
  const { language } = atlas, number = atlas.setNumber(), fills = atlas.data.fills.filter(fill => fill.kind === 'choropleth' && fill.set === number);
  if (!fills.length) return page.append(element('p', 'gba-quiet', remark(WORDS.noNumbers, language)));
  const pair = atlas.pair || {}, across = fills.includes(pair.across) ? pair.across : fills[0], up = fills.includes(pair.up) ? pair.up : fills[1] || fills[0];
  const options = fills.map((fill, k) => [k, say(fill.label, language)]), set = atlas.sets[number];
  const pick = (key, now) => select(options, fills.indexOf(now), k => { atlas.pair = { across, up, [key]: fills[+k] }; fillDrawer(atlas); });
  page.append(field('→', pick('across', across), atlas.id + '-across'), field('↑', pick('up', up), atlas.id + '-up'));
  const near = fill => fill.years ? fill.years.includes(atlas.year) ? atlas.year : fill.years[fill.years.length - 1] : null;
  const known = set.ids.map((_, i) => [i, valueOf(across, near(across), i), valueOf(up, near(up), i)]).filter(each => each[1] !== null && each[2] !== null);
  if (known.length) page.append(cloudOf(atlas, set, known, across, up));
  return undefined;
}

function cloudOf(atlas, set, known, across, up) {
  const frame = { left: 60, right: 10, top: 8, bottom: 22, width: 420, height: 210 }, ends = k => [Math.min(...known.map(e => e[k])), Math.max(...known.map(e => e[k]))];
  const [lowX, highX] = ends(1), [lowY, highY] = ends(2), words = say(across.label, atlas.language) + ' / ' + say(up.label, atlas.language);
  const x = v => highX === lowX ? frame.width / 2 : frame.left + (frame.width - frame.left - frame.right) * (v - lowX) / (highX - lowX), { y } = scalesOf(frame, 2, lowY, highY);
  const picture = vector('svg', { width: frame.width, height: frame.height, viewBox: `0 0 ${frame.width} ${frame.height}`, role: 'img', 'aria-label': words, style: 'max-width:100%' });
  const text = (at, height, anchor, told) => picture.append(vector('text', { x: at, y: height, 'text-anchor': anchor, 'font-size': 10 }, told));
  text(frame.left, frame.height - 6, 'start', write(lowX, across.digits));
  text(frame.width - frame.right, frame.height - 6, 'end', write(highX, across.digits));
  text(frame.left - 6, y(lowY), 'end', write(lowY, up.digits));
  text(frame.left - 6, y(highY) + 8, 'end', write(highY, up.digits));
  picture.append(vector('path', { d: `M${frame.left} ${frame.top}V${frame.height - frame.bottom}H${frame.width - frame.right}`, fill: 'none', stroke: '#999' }));
  for (const [i, a, b] of known) {
    const dot = vector('circle', { cx: x(a), cy: y(b), r: known.length > 300 ? 2 : 4, fill: atlas.chosen.has(i) ? '#d95f0e' : '#2c7fb8', 'fill-opacity': isDim(atlas, i) ? 0.15 : 0.85, stroke: '#333', 'stroke-width': 0.6, style: 'cursor:pointer' });
    dot.append(vector('title', {}, unitName(atlas, set, i)));
    dot.onmouseenter = () => highlight(atlas, set, set.layers[i], true);
    dot.onmouseleave = () => highlight(atlas, set, set.layers[i], false);
    dot.onclick = () => atlas.choose(i);
    picture.append(dot);
  }
  return picture;
}
