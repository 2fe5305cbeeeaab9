// The units: drawn once, colored by whichever fill is chosen.
const PLAIN = { color: '#5a5a5a', weight: 0.8, fillColor: '#ffffff', fillOpacity: 0.25, opacity: 1, dashArray: null };
const MANY_VERTICES = 20000, MANY_UNITS = 400;

function makeSets(atlas) {
  const total = atlas.data.sets.reduce((sum, set) => sum + (set.shapes.xy || '').length / 3, 0);
  const renderer = total > MANY_VERTICES ? L.canvas({ padding: 0.3 }) : L.svg({ padding: 0.5 });
  return atlas.data.sets.map((set, number) => {
    const at = unpackPlaces(set.shapes.at, set.shapes.scale);
    const base = { renderer, ...PLAIN, weight: set.ids.length > MANY_UNITS ? 0.3 : PLAIN.weight };
    const layers = set.shapes.kind === 'point'
      ? at.map(place => L.circleMarker(place, { ...base, radius: set.ids.length > MANY_UNITS ? 3 : 6 }))
      : unpackShapes(set.shapes).map(unit => L.polygon(unit, { ...base, smoothFactor: 0.7 }));
    const made = { ...set, en: set.en || set.ids, number, at, layers, base, group: L.featureGroup(layers) };
    layers.forEach((layer, i) => { layer.unit = i; });
    made.group.bindTooltip(layer => unitTip(atlas, made, layer.unit), { sticky: true, className: 'gba-tip' });
    made.group.on('mouseover', event => highlight(atlas, made, event.propagatedFrom || event.layer, true));
    made.group.on('mouseout', event => highlight(atlas, made, event.propagatedFrom || event.layer, false));
    made.group.on('click', event => openUnit(atlas, made, (event.propagatedFrom || event.layer).unit));
    return made;
  });
}

function highlight(atlas, set, layer, on) {
  if (!layer || layer.unit === undefined) return;
  layer.setStyle(on ? { weight: 2.5, color: '#000000' } : { weight: set.base.weight, color: set.base.color });
  if (atlas.fill && atlas.fill.set === set.number) touchDot(atlas, layer.unit, on);
  if (on && set.layers.length < MANY_UNITS) layer.bringToFront();
}

function unitName(atlas, set, i) { return say([set.en[i], set.zh[i] || ''], atlas.language); }

function yearIndex(fill, year) { return fill.years ? fill.years.indexOf(year) : 0; }

function codeOf(fill, year, i) {
  const at = yearIndex(fill, year);
  return at < 0 ? -1 : fill.codes[at].charCodeAt(i) - 97;
}

// What a fill says about a unit in a year: its value, or its class with the p-value behind it.
function reading(atlas, fill, year, i) {
  const at = yearIndex(fill, year);
  const value = at < 0 || !fill.values[at] ? null : fill.values[at][i];
  if (fill.kind === 'choropleth') {
    const text = write(value, fill.digits + 1);
    return text === null ? say(WORDS.noData, atlas.language) : text + (fill.unit ? ' ' + fill.unit : '');
  }
  const code = codeOf(fill, year, i);
  const words = code < 0 ? WORDS.noData : fill.legend[code].slice(1);
  const p = fill.kind === 'categories' ? null : writeP(value);
  if (fill.kind === 'significance') return p === null ? say(words, atlas.language) : p;
  return say(words, atlas.language) + (p === null ? '' : ' (' + p + ')');
}

function unitTip(atlas, set, i) {
  const tip = element('div', '', element('b', '', unitName(atlas, set, i)));
  const fill = atlas.fill;
  if (fill && fill.set === set.number) {
    const year = fill.years ? ' ' + atlas.year : '';
    tip.append(element('div', '', say(fill.label, atlas.language) + year + ': ' + reading(atlas, fill, atlas.year, i)));
  }
  return tip;
}

function openUnit(atlas, set, i) {
  set.group.closeTooltip();  // it would lie on the popup that says more
  L.popup({ maxWidth: 340, className: 'gba-popup' }).setLatLng(set.at[i]).setContent(unitCard(atlas, set, i)).openOn(atlas.map);
}

function unitCard(atlas, set, i) {
  const card = element('div', 'gba-card', element('h3', '', unitName(atlas, set, i)));
  if (set.ids[i] !== set.en[i]) card.append(element('div', 'gba-quiet', set.ids[i]));
  const table = element('table');
  for (const fill of atlas.data.fills) {
    if (fill.set !== set.number) continue;
    const year = !fill.years ? null : fill.years.includes(atlas.year) ? atlas.year : fill.years[fill.years.length - 1];
    const label = say(fill.label, atlas.language) + (year === null ? '' : ', ' + year);
    table.append(element('tr', '', element('th', '', label), element('td', '', reading(atlas, fill, year, i))));
    if (fill.years && fill.kind === 'choropleth' && fill.years.length > 2) {
      const cell = element('td', '', history(fill, i, year));
      cell.colSpan = 2;
      table.append(element('tr', '', cell));
    }
  }
  card.append(table);
  return card;
}

// The unit's history as a small line; years without a value leave a gap.
function history(fill, i, year) {
  const values = fill.values.map(each => each[i]), known = values.filter(v => v !== null);
  const width = 250, height = 62, left = 4, right = 4, top = 14, bottom = 14;
  const picture = vector('svg', { width, height, viewBox: `0 0 ${width} ${height}`, class: 'gba-history', role: 'img' });
  if (!known.length) return picture;
  const low = Math.min(...known), high = Math.max(...known), last = values.length - 1;
  const x = k => left + (width - left - right) * k / last;
  const y = v => high === low ? height / 2 : height - bottom - (height - top - bottom) * (v - low) / (high - low);
  let path = '', pen = false;
  values.forEach((v, k) => {
    if (v === null) { pen = false; return; }
    path += (pen ? 'L' : 'M') + x(k).toFixed(1) + ' ' + y(v).toFixed(1);
    const alone = values[k - 1] == null && values[k + 1] == null;
    if (alone) picture.append(vector('circle', { cx: x(k), cy: y(v), r: 1.5, fill: '#2c7fb8' }));
    pen = true;
  });
  picture.append(vector('path', { d: path, fill: 'none', stroke: '#2c7fb8', 'stroke-width': 1.8 }));
  const now = fill.years.indexOf(year);
  if (now >= 0 && values[now] !== null)
    picture.append(vector('circle', { cx: x(now), cy: y(values[now]), r: 3.2, fill: '#d95f0e' }));
  const text = (at, up, anchor, words) => picture.append(
    vector('text', { x: at, y: up, 'text-anchor': anchor, 'font-size': 10, fill: '#555' }, String(words)));
  text(left, height - 2, 'start', fill.years[0]);
  text(width - right, height - 2, 'end', fill.years[last]);
  text(left, 10, 'start', 'min ' + write(low, fill.digits) + ' · max ' + write(high, fill.digits));
  return picture;
}

function paint(atlas) {
  const fill = atlas.fill;
  for (const set of atlas.sets) {
    const shown = fill ? fill.set === set.number : set.number === 0;
    if (shown !== atlas.map.hasLayer(set.group)) shown ? set.group.addTo(atlas.map) : set.group.remove();
    if (!shown) continue;
    set.layers.forEach((layer, i) => {
      const code = fill ? codeOf(fill, atlas.year, i) : -1;
      layer.setStyle(code < 0 ? set.base : { ...set.base, fillColor: fill.legend[code][0], fillOpacity: isDim(atlas, i) ? 0.12 : atlas.data.tiles ? 0.65 : 0.9 });
    });
  }
}

// Units that a frame in the scatterplot left out step back.
function isDim(atlas, i) { return Boolean(atlas.selected) && !atlas.selected.has(i); }

function countsOf(fill, year) {
  const counts = fill.legend.map(() => 0), at = yearIndex(fill, year);
  if (at >= 0) for (let i = 0; i < fill.codes[at].length; i++) counts[fill.codes[at].charCodeAt(i) - 97]++;
  return counts;
}
