// The layers with their legends: one fill at a time, any overlays, and the legend of what is shown.
const LEVELS = [0.001, 0.01, 0.05, 0.1];

function makePanel(atlas) {
  const control = L.control({ position: 'topright' });
  control.onAdd = () => {
    const box = element('div', 'gba-box gba-panel');
    shield(box);
    return box;
  };
  control.addTo(atlas.map);
  atlas.panel = control.getContainer();
  const size = atlas.map.getSize();
  atlas.panelOpen = size.x >= 640 && size.y >= 520;
}

function fillPanel(atlas) {
  const box = atlas.panel;
  box.classList.toggle('gba-open', atlas.panelOpen);
  if (atlas.panelOpen) { box.setAttribute('role', 'region'); box.tabIndex = 0; } else { box.removeAttribute('role'); box.removeAttribute('tabindex'); }
  box.setAttribute('aria-label', say(WORDS.layers, atlas.language));
  if (!atlas.panelOpen) box.removeAttribute('aria-label');
  rewrite(box, () => writePanel(atlas, box));
}

function writePanel(atlas, box) {
  const language = atlas.language, { fills } = atlas.data;
  const fold = button('gba-fold', atlas.panelOpen ? '▾' : '▸', () => { atlas.panelOpen = !atlas.panelOpen; fillPanel(atlas); if (atlas.map.getContainer().classList.contains('gba-small')) atlas.fitUnits(); arrangeNames(atlas); });
  fold.id = atlas.id + '-fold';
  fold.setAttribute('aria-label', say(WORDS.hide, language));
  fold.setAttribute('aria-expanded', atlas.panelOpen);
  box.append(element('div', 'gba-head', element('h2', '', say(WORDS.layers, language)), fold));
  if (!atlas.panelOpen) return;
  const layers = element('fieldset', '', element('legend', 'gba-hidden', say(WORDS.layers, language)));
  fills.forEach((fill, k) => {
    layers.append(choice('radio', atlas, 'fill' + k, say(fill.label, language), atlas.fill === fill, () => atlas.chooseFill(fill)));
    if (atlas.fill === fill) layers.append(legendOf(atlas, fill));
  });
  if (fills.length) layers.append(choice('radio', atlas, 'fillnone', say(WORDS.none, language), !atlas.fill, () => atlas.chooseFill(null)));
  box.append(layers, element('hr'));
  atlas.overlays.forEach((overlay, k) => {
    box.append(choice('checkbox', atlas, 'over' + k, say(overlay.data.label, language), overlay.shown, on => atlas.show(overlay, on)));
    if (overlay.shown) box.append(overlayLegend(atlas, overlay, k));
  });
  if (!atlas.names.list.length) return;
  const names = choice('checkbox', atlas, 'names', say(WORDS.labels, language), atlas.names.shown, on => atlas.show(atlas.names, on));
  names.classList.add('gba-unprinted');
  box.append(names);
}

function choice(type, atlas, key, words, on, act) {
  const input = element('input');
  input.type = type;
  if (type === 'radio') input.name = atlas.id;
  input.id = atlas.id + '-' + key;
  input.checked = on;
  input.onchange = () => act(input.checked);
  return element('label', 'gba-choice', input, element('span', '', words));
}

function legendOf(atlas, fill) {
  const legend = element('div', 'gba-legend'), counts = countsOf(atlas, fill, atlas.year), rows = classesAt(atlas, fill, atlas.year).legend;
  const unit = say(fill.unit, atlas.language);
  if (unit) legend.append(element('div', 'gba-quiet', unit));
  if (fill.kind === 'bivariate') legend.append(squareOf(atlas, fill, rows, counts));
  else rows.forEach((row, k) => {
    // Classes of a test that no unit has would only be in the way; those of a variable show its range.
    if (isRare(row) && !counts[k]) return;
    legend.append(element('div', 'gba-row', swatchOf(atlas, rows, k), element('span', '', say(row.slice(1), atlas.language)), element('span', 'gba-count', write(counts[k], 0))));
  });
  const note = remark(fill.own && atlas.ownClasses ? fill.own.note : fill.note, atlas.language);
  if (note) legend.append(element('div', 'gba-quiet', note));
  if (fill.recipe) recipeLines(atlas, 'W: ', fill.recipe, fill.recipe_in_full, legend);
  switchesOf(atlas, fill, legend);
  atlas.dots = null;
  if (fill.scatter) legend.append(scatterOf(atlas, fill) || '');
  return legend;
}

function isRare([, english]) { return english === 'Undefined' || english === 'No neighbors'; }

// What can be computed anew: classes of each year, the level of significance, the p-value that decides.
function switchesOf(atlas, fill, legend) {
  const language = atlas.language;
  if (fill.own) legend.append(choice('checkbox', atlas, 'own', say(WORDS.ownClasses, language), atlas.ownClasses, on => atlas.turn('ownClasses', on)));
  if (!fill.test) return;
  const levels = [...new Set([...LEVELS, fill.test.level])].sort((a, b) => a - b).map(level => [level, 'p ≤ ' + level]);
  legend.append(field(say(WORDS.level, language), select(levels, levelOf(atlas, fill), value => atlas.turn('level', +value)), atlas.id + '-level'));
  if (fill.test.adjusted)
    legend.append(choice('checkbox', atlas, 'adjusted', say(WORDS.adjusted, language) + ' (' + say(fill.test.how, language) + ')', atlas.adjusted, on => atlas.turn('adjusted', on)));
}

// Two variables at once: a square of classes, the first across and the second up.
function squareOf(atlas, fill, rows, counts) {
  const { wide, high } = fill.square, all = wide * high, grid = element('table', 'gba-grid'), say_ = pair => say(pair, atlas.language);
  for (let up = high - 1; up >= 0; up--) {
    const line = element('tr', '');
    for (let across = 0; across < wide; across++) {
      const at = up * wide + across, cell = element('td', '', swatchOf(atlas, rows, at), element('div', 'gba-quiet', write(counts[at], 0)));
      cell.title = say_(rows[at].slice(1));
      line.append(cell);
    }
    grid.append(line);
  }
  grid.setAttribute('role', 'img');
  grid.setAttribute('aria-label', rows.map((row, at) => say_(row.slice(1)) + ': ' + counts[at]).join('; '));
  const box = element('div', '', element('div', 'gba-quiet', '↑ ' + say_(fill.square.up)), grid, element('div', 'gba-quiet', '→ ' + say_(fill.square.across)));
  if (rows.length > all) box.append(element('div', 'gba-row', swatchOf(atlas, rows, all), element('span', '', say_(rows[all].slice(1))), element('span', 'gba-count', String(counts[all]))));
  return box;
}

// How a W was made: in words, and in full on demand.
function recipeLines(atlas, before, words, full, legend) {
  if (words[0]) legend.append(element('div', 'gba-quiet', before + remark(words, atlas.language)));
  if (full) legend.append(element('details', 'gba-unprinted', element('summary', '', say(WORDS.recipe, atlas.language)), element('div', 'gba-quiet', full)));
}

function overlayLegend(atlas, overlay, number) {
  const { data } = overlay, legend = element('div', 'gba-legend'), language = atlas.language;
  const quiet = words => legend.append(element('div', 'gba-quiet', words));
  const line = (color, width, words) => {
    const sample = vector('svg', { width: 20, height: 8, 'aria-hidden': 'true' }, vector('line', { x1: 0, x2: 20, y1: 4, y2: 4, stroke: color, 'stroke-width': width }));
    legend.append(element('div', 'gba-row', sample, element('span', '', words)));
  };
  if (data.kind === 'links') {
    const at = stateAt(data, atlas.year), pairs = at < 0 ? [] : data.pairs[at];
    line(atlas.isDark() ? '#9aa3ad' : data.color, 3, remark(WORDS.linkNote, language));
    if (pairs.some(p => !p[2] || !p[3])) quiet(remark(pairs.length > MANY_LINKS ? WORDS.noArrows : WORDS.oneWay, language));
    const year = data.years && at >= 0 ? data.years[at] + ': ' : '';
    quiet(year + remark([write(pairs.length, 0) + ' linked pairs', write(pairs.length, 0) + ' 对相邻'], language));
    recipeLines(atlas, '', data.recipe, data.note[0], legend);
  } else if (data.kind === 'flows') {
    line(FLOW, 3, remark(WORDS.flowNote, language));
    if (data.negative) line(NEGATIVE, 3, say(WORDS.negative, language));
    if (data.flows.length < data.of) quiet(remark([`the largest ${data.flows.length} of ${data.of}`, `${data.of} 条中最大的 ${data.flows.length} 条`], language));
    flowSwitches(atlas, overlay, number, legend);
  } else if (data.kind === 'bins') {
    binLegend(atlas, overlay, legend);
  } else if (data.kind === 'tiles') {
    tilesLegend(atlas, overlay, legend);
  } else {
    const dot = vector('svg', { width: 12, height: 12, 'aria-hidden': 'true' }, vector('circle', { cx: 6, cy: 6, r: 5, fill: data.color, stroke: '#fff' }));
    legend.append(element('div', 'gba-row', dot, element('span', '', String(data.names.length))));
  }
  return legend;
}

function flowSwitches(atlas, overlay, number, legend) {
  const { data } = overlay, language = atlas.language, sizes = data.flows.map(f => Math.abs(f[2])).sort((a, b) => a - b);
  const range = element('input');
  range.type = 'range';
  range.min = 0;
  range.max = sizes.length - 1;
  range.value = overlay.least;
  range.setAttribute('aria-valuetext', write(sizes[overlay.least], 4));
  range.oninput = () => { overlay.least = +range.value; overlay.draw(atlas, overlay); fillPanel(atlas); writeAddress(atlas); };
  const words = say(WORDS.threshold, language) + ' ' + write(sizes[overlay.least], 4) + ' (' + shownFlows(atlas, overlay).length + ')';
  legend.append(field(words, range, atlas.id + '-least' + number));
  const ways = [['all', say(WORDS.all, language)], ['gives', say(WORDS.gives, language)], ['receives', say(WORDS.receives, language)]];
  legend.append(field(say(WORDS.direction, language), select(ways, overlay.way, way => { overlay.way = way; overlay.draw(atlas, overlay); fillPanel(atlas); writeAddress(atlas); }), atlas.id + '-way' + number));
}
