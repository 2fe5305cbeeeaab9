// A second map of the same atlas, of one fill, year and W, in a box of its own: a comparison has one, small multiples have many.
// It inherits what the atlas chose (language, level, patterns, chosen units) and keeps a map, units and halos of its own.
function openView(atlas, box, { fill, year, web = -1, whole = true }) {
  const root = atlas.map.getContainer(), view = Object.create(atlas), { map } = atlas;
  box.classList.add('gba', root.classList.contains('gba-sea') ? 'gba-sea' : 'gba-plain');
  box.classList.toggle('gba-dark', atlas.isDark());
  box.tabIndex = -1;
  Object.assign(view, { box, fill, year, web, set: null, overlays: [], halos: {}, names: null });
  view.map = L.map(box, { zoomControl: false, attributionControl: false, zoomSnap: map.options.zoomSnap, keyboard: false, fadeAnimation: false, zoomAnimation: false });
  for (const [name, z] of Object.entries(PANES)) view.map.createPane(name).style.zIndex = z;
  for (const name of UNTOUCHED) view.map.getPane(name).style.pointerEvents = 'none';
  view.haloRenderer = L.svg({ pane: 'gba-halo', padding: 0.5 });
  view.map.setView(map.getCenter(), map.getZoom(), { animate: false });
  keepDetail(atlas, view.map);
  view.contextGroups = makeContext(atlas, view.map, whole);
  atlas.views.push(view);
  return view;
}

function closeView(atlas, view) {
  atlas.views = atlas.views.filter(each => each !== view);
  view.map.remove();
  view.box.remove();
}

// The units of the view's fill, its W, and the names where they are asked for.
function drawInView(atlas, view, named) {
  const set = atlas.sets[view.fill ? view.fill.set : 0];
  if (!view.set || view.set.number !== set.number) {
    if (view.set) view.set.group.remove();
    view.set = { ...set, base: { ...set.base, renderer: atlas.onCanvas ? L.canvas({ padding: 0.3 }) : L.svg({ padding: 0.5 }) } };
    drawSet(atlas, view.set);
    const unitOf = event => (event.propagatedFrom || event.layer).unit;
    view.set.group.bindTooltip(layer => unitTip(atlas, view.set, layer.unit, view.fill, view.year), { sticky: true, className: 'gba-tip' });
    view.set.group.on('mouseover', event => highlight(atlas, set, set.layers[unitOf(event)], true));
    view.set.group.on('mouseout', event => highlight(atlas, set, set.layers[unitOf(event)], false));
    view.set.group.on('click', event => atlas.choose(unitOf(event)));
    view.set.group.addTo(view.map);
  }
  paintSet(view, view.set, view.fill, view.year);
  drawWeb(atlas, view);
  if (view.names) view.names.group.remove();
  view.names = named ? makeNames(view) : { shown: false, list: [], group: L.layerGroup() };
  if (named) { view.names.group.addTo(view.map); arrangeNames(view); }
  for (const each of [...atlas.chosen].slice(0, 60)) if (set.number === atlas.setNumber()) showHaloIn(view, 'chosen' + each, view.set, each);
}

function drawWeb(atlas, view) {
  for (const each of view.overlays) each.group.remove();
  view.overlays = [];
  const source = atlas.overlays[view.web];
  if (!source) return;
  const made = { data: source.data, group: L.layerGroup(), arrows: [], shown: true };
  drawLinks(view, made);
  view.overlays = [made];
  made.group.addTo(view.map);
}

// The graphs of W that the atlas has, by their place among the overlays.
function websOf(atlas) { return atlas.overlays.map((overlay, k) => overlay.data.kind === 'links' ? k : -1).filter(k => k >= 0); }

function titleOf(atlas, fill, year) { return fill ? say(fill.label, atlas.language) + (fill.years ? ' ' + year : '') : say(WORDS.none, atlas.language); }

// The year of a fill nearest before the one that is shown; the last where none is.
function yearNear(fill, year) {
  if (!fill || !fill.years) return null;
  if (year === null) return fill.years[fill.years.length - 1];
  return fill.years.includes(year) ? year : fill.years.filter(each => each <= year).pop() ?? fill.years[0];
}
