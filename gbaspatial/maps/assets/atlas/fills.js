// The units: drawn once, colored by whichever fill is chosen.
const PLAIN = { color: '#5a5a5a', weight: 0.8, fillColor: '#ffffff', fillOpacity: 0.25, opacity: 1, dashArray: null };
const MANY_VERTICES = 20000, MANY_UNITS = 400;

function makeSets(atlas) {
  const total = atlas.data.sets.reduce((sum, set) => sum + (set.shapes.xy || '').length / 3, 0);
  const units = atlas.data.sets.reduce((sum, set) => sum + set.ids.length, 0);
  atlas.onCanvas = total > MANY_VERTICES || units > 2500;
  const renderer = atlas.onCanvas ? L.canvas({ padding: 0.3 }) : L.svg({ padding: 0.5 });
  return atlas.data.sets.map((set, number) => {
    const made = { ...set, en: set.en || set.ids, number, at: unpackPlaces(set.shapes.at, set.shapes.scale) };
    const clear = atlas.data.overlays.some(each => each.kind === 'tiles');  // outlines over a tiled layer must not whiten it
    made.base = { renderer, ...PLAIN, fillOpacity: clear ? 0 : PLAIN.fillOpacity, weight: set.ids.length > MANY_UNITS ? 0.3 : PLAIN.weight };
    made.rings = set.shapes.kind === 'point' ? null : unpackShapes(set.shapes);
    if (made.rings) unpackLevels(set.shapes, made.rings);
    drawSet(atlas, made);
    made.group.bindTooltip(layer => unitTip(atlas, made, layer.unit, atlas.fill, atlas.year), { sticky: true, className: 'gba-tip' });
    made.group.on('mouseover', event => highlight(atlas, made, event.propagatedFrom || event.layer, true));
    made.group.on('mouseout', event => highlight(atlas, made, event.propagatedFrom || event.layer, false));
    made.group.on('click', event => clickUnit(atlas, made, (event.propagatedFrom || event.layer).unit, event.originalEvent));
    return made;
  });
}

// The shapes of a set as Leaflet draws them, on the map itself or on the second one of a comparison.
function drawSet(atlas, set) {
  const base = set.base, many = set.ids.length > MANY_UNITS;
  set.layers = set.rings ? set.rings.map(unit => new Shape(unit, { ...base, smoothFactor: 0 }))
    : set.at.map(place => L.circleMarker(place, { ...base, radius: many ? 3 : 6 }));
  set.layers.forEach((layer, i) => { layer.unit = i; });
  set.group = L.featureGroup(set.layers);
}

function highlight(atlas, set, layer, on) {
  if (!layer || layer.unit === undefined) return;
  if (on) showHalo(atlas, 'hover', set, layer.unit); else hideHalo(atlas, 'hover');
  if (atlas.fill && atlas.fill.set === set.number) touchDot(atlas, layer.unit, on);
}

function unitName(atlas, set, i) { return say([set.en[i], set.zh[i] || ''], atlas.language); }

function unitTip(atlas, set, i, fill, shownYear) {
  const tip = element('div', '', element('b', '', unitName(atlas, set, i)));
  if (fill && fill.set === set.number) {
    const year = fill.years ? ' ' + shownYear : '';
    tip.append(element('div', '', say(fill.label, atlas.language) + year + ': ' + reading(atlas, fill, shownYear, i)));
  }
  return tip;
}

function clickUnit(atlas, set, i, event) {
  if (event && (event.shiftKey || event.ctrlKey || event.metaKey)) return atlas.choose(i);
  atlas.current = i;
  openUnit(atlas, set, i);
}

function openUnit(atlas, set, i) {
  set.group.closeTooltip();  // it would lie on the popup that says more
  const popup = L.popup({ ...roomForCard(atlas), className: 'gba-popup' }).setLatLng(set.at[i]).setContent(unitCard(atlas, set, i)).openOn(atlas.map);
  const box = popup.getElement();
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', unitName(atlas, set, i));
  const close = box.querySelector('.leaflet-popup-close-button');
  if (close) {
    close.setAttribute('aria-label', say(WORDS.close, atlas.language));
    close.removeAttribute('href');  // a link to nowhere is taken for one that skips; it stays a button
    close.tabIndex = 0;
    close.onkeydown = (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); close.click(); } };
  }
  showHalo(atlas, 'open', set, i);
  atlas.root.classList.add('gba-carded');
  popup.on('remove', () => { hideHalo(atlas, 'open'); atlas.root.classList.remove('gba-carded'); });
  return popup;
}

// A card keeps off title, tools and layers; on a small screen tools and layers make room for it.
function roomForCard(atlas) {
  const small = atlas.root.classList.contains('gba-small'), top = (atlas.titleBox.offsetHeight || 0) + 18, size = atlas.map.getSize();
  if (small) {
    foldTools(atlas);
    if (atlas.panelOpen) { atlas.panelOpen = false; fillPanel(atlas); }
  }
  const right = !small && atlas.panelOpen ? atlas.panel.offsetWidth + 20 : 8;
  return { maxWidth: Math.min(340, size.x - 60), autoPanPaddingTopLeft: [small ? 8 : 180, Math.max(top, small ? atlas.panel.offsetHeight + 18 : 0)], autoPanPaddingBottomRight: [right, small ? 90 : 30] };
}

function unitCard(atlas, set, i) {
  const card = element('div', 'gba-card', element('h3', '', unitName(atlas, set, i)));
  if (set.ids[i] !== set.en[i]) card.append(element('div', 'gba-quiet', set.ids[i]));
  const table = element('table');
  for (const fill of atlas.data.fills) if (fill.set === set.number) cardRows(atlas, fill, i, table);
  card.append(table);
  if (set.number === atlas.setNumber()) {
    const words = () => say(atlas.chosen.has(i) ? WORDS.release : WORDS.choose, atlas.language);
    const pick = button('gba-plainbutton', words(), () => { atlas.choose(i); pick.textContent = words(); });
    card.append(pick);
  }
  return card;
}

function cardRows(atlas, fill, i, table) {
  const year = !fill.years ? null : fill.years.includes(atlas.year) ? atlas.year : fill.years[fill.years.length - 1];
  const label = say(fill.label, atlas.language) + (year === null ? '' : ', ' + year), ranks = ranksOf(fill, year);
  const rank = ranks && ranks.ranks[i] ? element('span', 'gba-quiet', ` ${ranks.ranks[i]}/${ranks.of}`) : null;
  table.append(element('tr', '', element('th', '', label), element('td', '', reading(atlas, fill, year, i), rank)));
  if (fill.years && fill.kind === 'choropleth' && fill.years.length > 2) {
    const cell = element('td', '', history(atlas, fill, i, year));
    cell.colSpan = 2;
    table.append(element('tr', '', cell));
  }
}

function paint(atlas) {
  for (const set of atlas.sets) {
    const shown = set.number === atlas.setNumber();
    if (shown !== atlas.map.hasLayer(set.group)) shown ? set.group.addTo(atlas.map) : set.group.remove();
    if (shown) paintSet(atlas, set, atlas.fill, atlas.year);
  }
  for (const overlay of atlas.overlays || []) if (overlay.data.kind === 'tiles') orderTiles(atlas, overlay);
}

function paintSet(atlas, set, fill, year) {
  const { legend, codes } = fill ? classesAt(atlas, fill, year) : { codes: null };
  set.layers.forEach((layer, i) => {
    const code = codes === null ? -1 : codes.charCodeAt(i) - 97;
    layer.legendRow = code < 0 ? null : [legend, code];
    if (code < 0) { layer.setStyle(set.base); return; }
    const dim = isDim(atlas, i), opacity = dim ? 0.12 : atlas.data.tiles ? 0.65 : 1;
    layer.setStyle({ ...set.base, color: outlineOf(legend[code][0]), fillColor: fillStyle(atlas, legend, code), fillOpacity: opacity });
  });
}

// Units that a frame in the scatterplot, or the filter of the table, left out step back.
function isDim(atlas, i) { return Boolean(atlas.selected) && !atlas.selected.has(i); }
