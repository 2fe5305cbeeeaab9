// Two maps in one: another year, layer or W beside the first, moved together, under a divider or side by side.
function toggleCompare(atlas) {
  if (atlas.compare) closeCompare(atlas); else openCompare(atlas, {});
  writeTools(atlas);
  writeAddress(atlas);
}

function openCompare(atlas, { fill = atlas.fill || atlas.data.fills[0], year, side = false, share = 0.5 }) {
  if (!fill) return;
  const first = fill.years ? fill.years[0] : null, root = atlas.map.getContainer();
  const other = atlas.compare = { fill, year: year === undefined ? first : year, side, share, box: element('div', 'gba-compare'), overlays: [] };
  root.append(other.box);
  other.map = L.map(other.box, { zoomControl: false, attributionControl: false, zoomSnap: atlas.map.options.zoomSnap, keyboard: false, fadeAnimation: false, zoomAnimation: false });
  other.before = [atlas.map._zoomAnimated, atlas.map.options.zoomAnimation];
  atlas.map._zoomAnimated = false;
  for (const [name, z] of Object.entries(PANES)) other.map.createPane(name).style.zIndex = z;
  other.box.classList.add(root.classList.contains('gba-sea') ? 'gba-sea' : 'gba-plain');
  other.box.classList.add('gba');
  other.box.setAttribute('aria-hidden', 'true');  // the table and the description speak for it
  other.box.tabIndex = -1;
  other.map.setView(atlas.map.getCenter(), atlas.map.getZoom(), { animate: false });
  keepDetail(atlas, other.map);
  makeContext(atlas, other.map);
  makeHandles(atlas, other);
  joinMaps(atlas, other);
  layCompare(atlas);
  drawCompare(atlas);
}

function closeCompare(atlas) {
  const other = atlas.compare;
  [atlas.map._zoomAnimated, atlas.map.options.zoomAnimation] = other.before;
  atlas.map.off('move zoom resize', other.follow);
  other.map.remove();
  for (const node of [other.box, other.swipe, other.range, other.controls, ...other.captions]) node.remove();
  atlas.compare = null;
}

// Each follows the other; what one does is not answered.
function joinMaps(atlas, other) {
  let busy = false;
  const together = (from, to, shift) => () => {
    if (busy) return;
    busy = true;
    const size = from.getSize(), at = from.containerPointToLatLng([size.x / 2 + shift() * size.x, size.y / 2]);
    to.setView(at, from.getZoom(), { animate: false });
    busy = false;
  };
  // Side by side the second covers the right half: its center is a quarter of the first to the left of the first's center.
  other.follow = together(atlas.map, other.map, () => other.side ? -0.25 : 0);
  atlas.map.on('move zoom resize', other.follow);
  other.map.on('move zoom', together(other.map, atlas.map, () => other.side ? 0.5 : 0));
}

function makeHandles(atlas, other) {
  const root = atlas.map.getContainer();
  other.swipe = element('div', 'gba-swipe');
  other.range = element('input', 'gba-swipe-range');
  Object.assign(other.range, { type: 'range', min: 5, max: 95, value: 100 * other.share });
  other.range.oninput = () => { other.share = other.range.value / 100; layCompare(atlas); };
  other.captions = [element('div', 'gba-box gba-caption'), element('div', 'gba-box gba-caption')];
  other.controls = element('div', 'gba-box gba-set gba-compare-controls');
  shield(other.range);
  shield(other.controls);
  root.append(other.swipe, other.range, ...other.captions);
  const control = L.control({ position: 'bottomleft' });
  control.onAdd = () => other.controls;
  control.addTo(atlas.map);
}

function layCompare(atlas) {
  const other = atlas.compare, at = (other.side ? 50 : 100 * other.share) + '%';
  other.box.classList.toggle('gba-side', other.side);
  other.box.style.clipPath = other.side ? '' : `inset(0 0 0 ${at})`;
  other.swipe.style.left = at;
  other.range.style.display = other.side ? 'none' : '';
  other.captions[0].style.right = `calc(${100 - (other.side ? 50 : 100 * other.share)}% + 12px)`;
  other.captions[1].style.left = `calc(${at} + 12px)`;
  other.map.invalidateSize({ animate: false });
  other.follow();
}

function drawCompare(atlas) {
  const other = atlas.compare, language = atlas.language;
  if (!other) return;
  const set = atlas.sets[other.fill.set];
  if (!other.set || other.set.number !== set.number) {
    if (other.set) other.set.group.remove();
    other.set = { ...set, base: { ...set.base, renderer: atlas.onCanvas ? L.canvas({ padding: 0.3 }) : L.svg({ padding: 0.5 }) } };
    drawSet(atlas, other.set);
    other.set.group.bindTooltip(layer => unitTip(atlas, other.set, layer.unit, other.fill, other.year), { sticky: true, className: 'gba-tip' });
    other.set.group.addTo(other.map);
  }
  paintSet(atlas, other.set, other.fill, other.year);
  drawCompareLinks(atlas, other);
  const title = (fill, year) => fill ? say(fill.label, language) + (fill.years ? ' ' + year : '') : say(WORDS.none, language);
  other.captions[0].textContent = title(atlas.fill, atlas.year);
  other.captions[1].textContent = title(other.fill, other.year);
  other.range.setAttribute('aria-label', say(WORDS.divider, language));
  rewrite(other.controls, () => writeCompare(atlas, other));
}

// The graph of the weights in the year of the second map, or the second W where two are shown.
function drawCompareLinks(atlas, other) {
  for (const made of other.overlays) made.group.remove();
  const links = atlas.overlays.filter(each => each.data.kind === 'links' && each.shown);
  const shown = links.length > 1 ? links.slice(1) : links;
  other.overlays = shown.map(each => {
    const made = { data: each.data, group: L.layerGroup(), arrows: [] };
    drawLinks({ ...atlas, map: other.map, year: other.year, isDark: () => atlas.isDark() }, made);
    return made.group.addTo(other.map), made;
  });
}

function writeCompare(atlas, other) {
  const { language } = atlas, { fills } = atlas.data, change = () => { drawCompare(atlas); writeAddress(atlas); };
  const layers = fills.map((fill, k) => [k, say(fill.label, language)]);
  const layer = select(layers, fills.indexOf(other.fill), k => {
    other.fill = fills[+k];
    if (!other.fill.years || !other.fill.years.includes(other.year)) other.year = other.fill.years ? other.fill.years[0] : null;
    change();
  });
  layer.style.maxWidth = '180px';
  other.controls.style.padding = '4px 10px';
  other.controls.append(field(say(WORDS.right, language), layer, atlas.id + '-other'));
  if (other.fill.years) other.controls.append(field(say(WORDS.year, language), select(other.fill.years.map(y => [y, y]), other.year, y => { other.year = other.fill.years.find(each => String(each) === y); change(); }), atlas.id + '-otheryear'));
  const way = select([['swipe', say(WORDS.swipe, language)], ['side', say(WORDS.side, language)]], other.side ? 'side' : 'swipe', value => { other.side = value === 'side'; layCompare(atlas); atlas.fitUnits(); change(); });
  way.setAttribute('aria-label', say(WORDS.compare, language));
  way.id = atlas.id + '-way';
  other.controls.append(way);
}
