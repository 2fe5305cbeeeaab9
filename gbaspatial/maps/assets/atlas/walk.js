// The map by keyboard and by ear: one tab stop, arrow keys from unit to unit, each told with name, value, class, rank.
function makeWalk(atlas) {
  const map = atlas.map, pane = atlas.mapPane = map.getPane('mapPane');
  map.keyboard.disable();
  map.getContainer().tabIndex = -1;
  atlas.live = element('div', 'gba-live');
  atlas.live.setAttribute('aria-live', 'polite');
  atlas.help = element('div', 'gba-hidden');
  atlas.help.id = atlas.id + '-help';
  map.getContainer().append(atlas.live, atlas.help);
  pane.setAttribute('role', 'application');
  pane.setAttribute('aria-describedby', atlas.help.id);
  for (const name of ['gba-names', 'gba-land', 'gba-around', 'gba-web', 'gba-links', 'gba-points', 'gba-halo'])
    map.getPane(name).setAttribute('aria-hidden', 'true');  // the words for these are in the card and in the table
  pane.addEventListener('keydown', event => walk(atlas, event));
  pane.addEventListener('focusin', event => { if (event.target === pane || event.target.gbaUnit !== undefined) arrive(atlas, event.target.gbaUnit); });
  pane.addEventListener('focusout', () => hideHalo(atlas, 'focus'));
}

// Called whenever names or values change. On a canvas the map itself is the stop, and a live region speaks.
function nameUnits(atlas) {
  const set = atlas.sets[atlas.setNumber()], pane = atlas.mapPane, language = atlas.language;
  pane.setAttribute('aria-label', [say(atlas.data.title, language), atlas.fill ? say(atlas.fill.label, language) + (atlas.fill.years ? ' ' + atlas.year : '') : ''].filter(Boolean).join(': ') || 'Map');
  atlas.help.textContent = say(WORDS.keys, language);
  if (atlas.current >= set.ids.length) atlas.current = 0;
  if (atlas.onCanvas) { pane.tabIndex = 0; return; }
  pane.removeAttribute('tabindex');
  set.layers.forEach((layer, i) => {
    const path = layer.getElement();
    if (!path) return;
    path.gbaUnit = i;
    path.setAttribute('role', 'img');
    path.setAttribute('aria-label', spoken(atlas, set, i));
    path.setAttribute('tabindex', i === atlas.current ? 0 : -1);
  });
}

function arrive(atlas, i) {
  const set = atlas.sets[atlas.setNumber()];
  if (i !== undefined) atlas.current = i;
  showHalo(atlas, 'focus', set, atlas.current);
  if (atlas.onCanvas) atlas.live.textContent = spoken(atlas, set, atlas.current);
}

function goUnit(atlas, i) {
  const set = atlas.sets[atlas.setNumber()], before = set.layers[atlas.current].getElement();
  atlas.current = i;
  if (!atlas.map.getBounds().pad(-0.05).contains(set.at[i])) atlas.map.panTo(set.at[i], { animate: false });
  const path = set.layers[i].getElement && set.layers[i].getElement();
  if (atlas.onCanvas || !path) return arrive(atlas, i);
  if (before) before.setAttribute('tabindex', -1);
  path.setAttribute('tabindex', 0);
  path.focus({ preventScroll: true });
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function walk(atlas, event) {
  const set = atlas.sets[atlas.setNumber()], { map } = atlas, key = event.key;
  if (event.target.closest && event.target.closest('.leaflet-popup')) { if (key === 'Escape') leaveCard(atlas); return; }
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const acts = {
    Enter: () => enterCard(atlas, set), ' ': () => { atlas.choose(atlas.current); atlas.live.textContent = spoken(atlas, set, atlas.current); },
    '+': () => map.zoomIn(1), '=': () => map.zoomIn(1), '-': () => map.zoomOut(1), Escape: () => leaveCard(atlas),
    Home: () => goUnit(atlas, byRank(atlas, set)[0]), End: () => goUnit(atlas, byRank(atlas, set).pop()),
    PageDown: () => goUnit(atlas, step(atlas, set, 1)), PageUp: () => goUnit(atlas, step(atlas, set, -1)),
  };
  if (key in WAYS && event.shiftKey) map.panBy(WAYS[key].map(v => 120 * v), { animate: false });
  else if (key in WAYS) toward(atlas, set, WAYS[key]);
  else if (key in acts) acts[key]();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// The nearest unit in a direction; what lies aside counts as further away.
function toward(atlas, set, [dx, dy]) {
  const from = atlas.map.project(set.at[atlas.current], 10);
  let best = -1, least = Infinity;
  set.at.forEach((place, i) => {
    const to = atlas.map.project(place, 10), along = (to.x - from.x) * dx + (to.y - from.y) * dy, aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    if (i === atlas.current || along <= 1e-9 || aside > 1.5 * along) return;
    if (along + 2 * aside < least) { least = along + 2 * aside; best = i; }
  });
  if (best < 0) atlas.live.textContent = say(WORDS.far, atlas.language); else goUnit(atlas, best);
}

// Units from highest to lowest; where there are no numbers, as they were given.
function byRank(atlas, set) {
  const ranks = atlas.fill && atlas.fill.set === set.number ? ranksOf(atlas.fill, atlas.year) : null, order = set.ids.map((_, i) => i);
  return ranks ? order.sort((a, b) => (ranks.ranks[a] || 1e9) - (ranks.ranks[b] || 1e9)) : order;
}

function step(atlas, set, by) {
  const order = byRank(atlas, set), at = order.indexOf(atlas.current) + by;
  return order[(at + order.length) % order.length];
}

function enterCard(atlas, set) {
  const popup = openUnit(atlas, set, atlas.current), box = popup.getElement();
  box.tabIndex = -1;
  box.focus({ preventScroll: true });
}

function leaveCard(atlas) {
  atlas.map.closePopup();
  goUnit(atlas, atlas.current);
}
