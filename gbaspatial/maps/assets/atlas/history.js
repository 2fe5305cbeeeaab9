// A unit's history as a small line; years without a value leave a gap.
function history(atlas, fill, i, year) {
  const values = fill.values.map(each => each[i]), known = values.filter(v => v !== null);
  const width = 250, height = 62, label = unitName(atlas, atlas.sets[fill.set], i) + ': ' + say(fill.label, atlas.language);
  const picture = vector('svg', { width, height, viewBox: `0 0 ${width} ${height}`, class: 'gba-history', role: 'img', 'aria-label': label });
  if (!known.length) return picture;
  const frame = { left: 4, right: 4, top: 14, bottom: 14, width, height };
  const scales = scalesOf(frame, fill.years.length, Math.min(...known), Math.max(...known));
  picture.append(...lineOf(values, scales, { stroke: '#2c7fb8', 'stroke-width': 1.8 }));
  const now = fill.years.indexOf(year);
  if (now >= 0 && values[now] !== null)
    picture.append(vector('circle', { cx: scales.x(now), cy: scales.y(values[now]), r: 3.2, fill: '#d95f0e' }));
  const text = (at, up, anchor, words) => picture.append(vector('text', { x: at, y: up, 'text-anchor': anchor, 'font-size': 10 }, String(words)));
  text(4, height - 2, 'start', fill.years[0]);
  text(width - 4, height - 2, 'end', fill.years[fill.years.length - 1]);
  text(4, 10, 'start', 'min ' + write(Math.min(...known), fill.digits) + ' · max ' + write(Math.max(...known), fill.digits));
  return picture;
}

function scalesOf(frame, count, low, high) {
  const across = frame.width - frame.left - frame.right, up = frame.height - frame.top - frame.bottom;
  return {
    x: k => frame.left + (count > 1 ? across * k / (count - 1) : across / 2),
    y: v => high === low ? frame.top + up / 2 : frame.top + up * (1 - (v - low) / (high - low)),
  };
}

function lineOf(values, { x, y }, style) {
  let path = '', pen = false;
  const dots = [];
  values.forEach((v, k) => {
    if (v === null) { pen = false; return; }
    path += (pen ? 'L' : 'M') + x(k).toFixed(1) + ' ' + y(v).toFixed(1);
    if (values[k - 1] == null && values[k + 1] == null) dots.push(vector('circle', { cx: x(k), cy: y(v), r: 1.5, fill: style.stroke }));
    pen = true;
  });
  return [...dots, vector('path', { d: path, fill: 'none', ...style })];
}

// Lines that differ in color and in dash, so that neither must be told alone.
const LINES = [['#0b5cad', ''], ['#b3450b', '6 3'], ['#1b7837', '2 3'], ['#762a83', '8 3 2 3'], ['#8c510a', '4 2'], ['#c51b7d', '1 3'], ['#4d4d4d', '10 4'], ['#01665e', '3 5']];
const LINES_DARK = ['#7cc0ff', '#ffb07c', '#8fe3a5', '#d9a8e6', '#e8c07a', '#ff9ecb', '#d0d0d0', '#7fe0d4'];

// The history of the chosen units together, the others faintly behind.
function linesPage(atlas, page) {
  const fill = atlas.fill, language = atlas.language, say_ = words => element('p', 'gba-quiet', remark(words, language));
  if (!fill || fill.kind !== 'choropleth') return page.append(say_(WORDS.noNumbers));
  if (!fill.years || fill.years.length < 2) return page.append(say_(WORDS.noYears));
  const set = atlas.sets[fill.set], chosen = [...atlas.chosen].slice(0, LINES.length);
  if (!chosen.length) page.append(say_(WORDS.linesHint));
  const others = set.ids.length <= 120 ? set.ids.map((_, i) => i).filter(i => !atlas.chosen.has(i)) : [];
  const drawn = [...others, ...chosen], all = drawn.flatMap(i => fill.values.map(each => each[i]).filter(v => v !== null));
  if (!all.length) return page.append(say_(WORDS.noData));
  if (chosen.length < atlas.chosen.size) page.append(say_([`${chosen.length} of ${atlas.chosen.size} chosen units`, `已选 ${atlas.chosen.size} 个单元中的 ${chosen.length} 个`]));
  // As wide as the drawer leaves: a wide chart made small has letters that nobody reads.
  const frame = { left: 64, right: 12, top: 10, bottom: 20, width: Math.max(260, Math.min(620, atlas.drawer.clientWidth - 24)), height: 190 };
  const low = Math.min(...all), high = Math.max(...all), scales = scalesOf(frame, fill.years.length, low, high), dark = atlas.isDark();
  const words = say(fill.label, language) + ': ' + chosen.map(i => unitName(atlas, set, i)).join(', ');
  const picture = vector('svg', { width: frame.width, height: frame.height, viewBox: `0 0 ${frame.width} ${frame.height}`, role: 'img', 'aria-label': words, style: 'max-width:100%' });
  const text = (x, y, anchor, told) => picture.append(vector('text', { x, y, 'text-anchor': anchor, 'font-size': 11 }, String(told)));
  for (const v of [low, (low + high) / 2, high]) {
    picture.append(vector('line', { x1: frame.left, x2: frame.width - frame.right, y1: scales.y(v), y2: scales.y(v), stroke: '#999', 'stroke-width': 0.4 }));
    text(frame.left - 5, scales.y(v) + 4, 'end', write(v, fill.digits));
  }
  const now = fill.years.indexOf(atlas.year), last = fill.years.length - 1;
  if (now >= 0) picture.append(vector('line', { x1: scales.x(now), x2: scales.x(now), y1: frame.top, y2: frame.height - frame.bottom, stroke: '#d95f0e', 'stroke-width': 1 }));
  for (const k of new Set([0, now < 0 ? last : now, last])) text(scales.x(k), frame.height - 5, k === 0 ? 'start' : k === last ? 'end' : 'middle', fill.years[k]);
  for (const i of others) picture.append(...lineOf(fill.values.map(each => each[i]), scales, { stroke: '#999', 'stroke-width': 0.6 }));
  const key = element('div');
  chosen.forEach((i, k) => {
    const style = { stroke: dark ? LINES_DARK[k] : LINES[k][0], 'stroke-width': 2.2, 'stroke-dasharray': LINES[k][1] };
    picture.append(...lineOf(fill.values.map(each => each[i]), scales, style));
    const sample = vector('svg', { width: 34, height: 10, 'aria-hidden': 'true' }, vector('line', { x1: 0, x2: 34, y1: 5, y2: 5, ...style }));
    key.append(element('div', 'gba-row', sample, element('span', '', unitName(atlas, set, i) + ': ' + reading(atlas, fill, atlas.year, i))));
  });
  page.append(element('div', 'gba-lines', picture, key));
  return undefined;
}
