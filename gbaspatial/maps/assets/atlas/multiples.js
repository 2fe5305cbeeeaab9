// Small multiples: the years of a layer, or the layers of a year, each on a map of its own, joined in view and selection.
const MOST_PANELS = 12, MOST_UNITS_DRAWN = 20000;

function toggleMultiples(atlas) {
  if (atlas.multiples) closeMultiples(atlas); else openMultiples(atlas, {});
  foldTools(atlas);
  writeTools(atlas);
  arrangeNames(atlas);
  writeAddress(atlas);
}

function hasYears(atlas) { return Boolean(atlas.fill && atlas.fill.years && atlas.fill.years.length > 1); }

function openMultiples(atlas, { by = hasYears(atlas) ? 'years' : 'layers' }) {
  if (!atlas.data.fills.length) return;
  if (atlas.compare) closeCompare(atlas);
  const root = atlas.map.getContainer(), box = element('section', 'gba-multiples'), controls = element('div', 'gba-box gba-set gba-multiples-controls');
  atlas.map.closePopup();
  shield(controls);
  atlas.multiples = { by, box, controls, panels: [], key: '', lay: () => drawMultiples(atlas) };
  root.append(box);
  const control = L.control({ position: 'bottomleft' });
  control.onAdd = () => controls;
  control.addTo(atlas.map);
  root.classList.add('gba-multiplied');
  atlas.mapPane.inert = true;  // what lies beneath is not reached by keys
  atlas.map.on('resize', atlas.multiples.lay);
  drawMultiples(atlas);
}

function closeMultiples(atlas) {
  const { box, controls, panels, lay } = atlas.multiples;
  atlas.multiples = null;
  atlas.map.off('resize', lay);
  panels.forEach(panel => closeView(atlas, panel.view));
  box.remove();
  controls.remove();
  atlas.map.getContainer().classList.remove('gba-multiplied');
  atlas.mapPane.inert = false;
  atlas.refresh();
}

// As many panels as are legible and as a browser draws at once; of more years those that lie evenly, first and last among them.
function panelsFor(atlas, room) {
  const { by } = atlas.multiples, small = atlas.map.getContainer().classList.contains('gba-small');
  const all = by === 'years' && hasYears(atlas) ? atlas.fill.years.map(year => ({ fill: atlas.fill, year })) : atlas.data.fills.map(fill => ({ fill, year: yearNear(fill, atlas.year) }));
  const across = Math.max(1, Math.floor(room.width / (small ? 160 : 210))), down = Math.max(1, Math.floor(room.height / (small ? 150 : 190)));
  const most = Math.max(2, Math.min(MOST_PANELS, across * down, Math.floor(MOST_UNITS_DRAWN / atlas.sets[atlas.setNumber()].ids.length)));
  if (all.length <= most) return { shown: all, of: all.length };
  const chosen = by === 'years' ? Array.from({ length: most }, (_, k) => all[Math.round(k * (all.length - 1) / (most - 1))]) : all.slice(0, most);
  return { shown: chosen, of: all.length };
}

// How many columns make the panels largest for the shape of the units.
function columnsFor(count, room, shape) {
  let best = 1, most = 0;
  for (let columns = 1; columns <= count; columns++) {
    const width = room.width / columns, height = room.height / Math.ceil(count / columns) - 40, side = Math.min(width, height * shape);
    if (side > most) { most = side; best = columns; }
  }
  return best;
}

function drawMultiples(atlas) {
  const multiples = atlas.multiples;
  if (!multiples) return;
  rewrite(multiples.controls, () => writeMultiples(atlas));
  standAboveCorner(atlas, multiples.controls);
  const { shown, of } = panelsFor(atlas, layMultiples(atlas)), key = shown.map(each => atlas.data.fills.indexOf(each.fill)).join() + '/' + shown.length + '/' + multiples.by;
  multiples.told.textContent = shown.length < of ? remark([`${shown.length} of ${of}`, `${of} 个中的 ${shown.length} 个`], atlas.language) : '';
  const room = layMultiples(atlas);  // again: what is told may have made the box below larger
  if (key !== multiples.key) makePanels(atlas, shown);
  multiples.key = key;
  const bounds = L.latLngBounds(shown.flatMap(each => atlas.sets[each.fill.set].group.getBounds())), a = atlas.map.project(bounds.getNorthWest(), 8), b = atlas.map.project(bounds.getSouthEast(), 8);
  multiples.box.style.gridTemplateColumns = `repeat(${columnsFor(shown.length, room, (b.x - a.x) / Math.max(b.y - a.y, 1))}, minmax(0, 1fr))`;
  multiples.panels.forEach((panel, k) => drawPanel(atlas, panel, shown[k]));
  const size = room.width + 'x' + room.height + key;
  if (size !== multiples.size) fitPanels(multiples, bounds);
  multiples.size = size;
}

// The panels take what title, tools, layers and line of sources leave free.
function layMultiples(atlas) {
  const root = atlas.map.getContainer(), { box } = atlas.multiples, frame = root.getBoundingClientRect(), small = root.classList.contains('gba-small');
  const of = name => { const node = root.querySelector(name); return node && node.offsetHeight ? node.getBoundingClientRect() : null; };
  const title = of('.gba-title'), tools = of('.gba-bar') || of('.leaflet-control-zoom'), panel = atlas.panel.getBoundingClientRect(), bottom = atlas.multiples.controls.getBoundingClientRect();
  const foot = atlas.slider.box.offsetHeight ? Math.min(bottom.top, atlas.slider.box.getBoundingClientRect().top) : bottom.top;
  const top = Math.max(title ? title.bottom - frame.top : 0, small ? panel.bottom - frame.top : 0) + 8, wide = !small && atlas.panelOpen;
  Object.assign(box.style, { top: top + 'px', left: (small || !tools ? 62 : tools.right - frame.left + 8) + 'px', right: (wide ? frame.right - panel.left + 8 : 8) + 'px', bottom: frame.bottom - foot + 8 + 'px' });
  return { width: box.clientWidth, height: box.clientHeight };
}

function makePanels(atlas, shown) {
  const { multiples } = atlas;
  multiples.panels.forEach(panel => closeView(atlas, panel.view));
  multiples.box.replaceChildren();
  multiples.panels = shown.map(each => {
    const caption = element('h2', ''), box = element('div', 'gba-panel-map'), legend = element('div', 'gba-panel-legend'), cell = element('div', 'gba-cell', caption, box, legend);
    multiples.box.append(cell);
    box.setAttribute('role', 'img');
    return { caption, legend, view: openView(atlas, box, { ...each, whole: false }) };
  });
  joinPanels(multiples.panels.map(panel => panel.view.map));
}

// Where one goes all go.
function joinPanels(maps) {
  let busy = false;
  for (const from of maps) from.on('move zoom', () => {
    if (busy) return;
    busy = true;
    for (const to of maps) if (to !== from) to.setView(from.getCenter(), from.getZoom(), { animate: false });
    busy = false;
  });
}

function fitPanels(multiples, bounds) {
  for (const { view } of multiples.panels) view.map.invalidateSize({ animate: false });
  const { map } = multiples.panels[0].view, zoom = map.getBoundsZoom(bounds, false, L.point(12, 12));
  for (const { view } of multiples.panels) view.map.setView(bounds.getCenter(), zoom, { animate: false });
}

function drawPanel(atlas, panel, { fill, year }) {
  const { view } = panel, over = atlas.multiples.by === 'years';
  Object.assign(view, { fill, year, slim: 0.45 });
  // Colors of several years side by side mean the same, or they mean nothing.
  view.ownClasses = over ? false : atlas.ownClasses;
  view.web = websOf(atlas).find(k => atlas.overlays[k].shown) ?? -1;
  drawInView(atlas, view, false);
  panel.caption.textContent = over && fill.years ? year : titleOf(atlas, fill, year);
  view.box.setAttribute('aria-label', describe(view, fill, year, atlas.language === 'zh' ? 1 : 0).slice(0, 2).join(' '));
  panel.legend.replaceChildren(...(over ? [] : smallLegend(atlas, view, fill, year)));
}

function smallLegend(atlas, view, fill, year) {
  const { legend } = classesAt(view, fill, year), counts = countsOf(view, fill, year);
  if (fill.kind === 'bivariate') return [smallSquare(atlas, fill, legend)];
  return legend.map((row, k) => counts[k] ? element('span', 'gba-key', swatchOf(atlas, legend, k), say(row.slice(1), atlas.language)) : null).filter(Boolean);
}

function smallSquare(atlas, { square }, legend) {
  const grid = element('div', '');
  for (let up = square.high - 1; up >= 0; up--) grid.append(element('div', 'gba-key', ...Array.from({ length: square.wide }, (_, across) => swatchOf(atlas, legend, up * square.wide + across))));
  return element('span', 'gba-key', grid, '→ ' + say(square.across, atlas.language) + ' ↑ ' + say(square.up, atlas.language));
}

function writeMultiples(atlas) {
  const { multiples, language } = atlas, options = [['years', say(WORDS.byYears, language)], ['layers', say(WORDS.byLayers, language)]].filter(([name]) => name === 'layers' || hasYears(atlas));
  if (!hasYears(atlas)) multiples.by = 'layers';
  const close = button('gba-plainbutton', say(WORDS.close, language), () => toggleMultiples(atlas));
  multiples.told = element('span', 'gba-quiet');
  multiples.controls.append(field(say(WORDS.multiples, language), select(options, multiples.by, by => { multiples.by = by; drawMultiples(atlas); writeAddress(atlas); }), atlas.id + '-multiples'), multiples.told, close);
}
