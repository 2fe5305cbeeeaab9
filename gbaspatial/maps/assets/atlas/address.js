// What is seen stands in the address, so that a bookmark or a link brings it back: #year=2019&layer=GDP+per+capita
// Names go into the address as text and come back as text: what no layer, year or unit is called is passed over.
function addressOf(atlas) {
  const state = new URLSearchParams(), { map } = atlas, center = map.getCenter(), put = (name, value, when = true) => { if (when) state.set(name, value); };
  put('year', atlas.year, atlas.year !== null);
  put('layer', atlas.fill ? atlas.fill.label[0] : 'none');
  put('view', [center.lat.toFixed(4), center.lng.toFixed(4), +map.getZoom().toFixed(2)].join(','));
  put('lang', atlas.language, atlas.language !== 'both');
  put('theme', atlas.theme, atlas.theme !== 'auto');
  put('level', atlas.level, atlas.level !== null);
  for (const name of ['adjusted', 'ownClasses', 'patterned']) put(name, 1, atlas[name]);
  put('over', atlas.overlays.map(each => each.shown ? 1 : 0).join(''), atlas.overlays.length > 0);
  const set = atlas.sets[atlas.setNumber()];
  for (const i of [...atlas.chosen].slice(0, 40)) state.append('unit', set.ids[i]);
  put('tab', atlas.tab, !atlas.drawer.hidden);
  if (atlas.compare) put('with', [atlas.data.fills.indexOf(atlas.compare.fill), atlas.compare.year, atlas.compare.side ? 'side' : 'swipe', atlas.compare.web].join(','));
  if (atlas.multiples) put('multiples', atlas.multiples.by);
  put('note', atlas.note, atlas.note);
  return state.toString();
}

function writeAddress(atlas) {
  if (!atlas.ready || gbaAtlas.first() !== atlas) return;
  clearTimeout(atlas.addressTimer);  // browsers refuse more than some changes a second
  atlas.addressTimer = setTimeout(() => {
    // A page inside another has no address of its own.
    if (location.protocol !== 'about:') window.history.replaceState(null, '', '#' + addressOf(atlas));
  }, 250);
}

const SAID = ['year', 'layer', 'view', 'lang', 'theme', 'level', 'adjusted', 'ownClasses', 'patterned', 'over', 'unit', 'tab', 'with', 'multiples', 'note'];

// A bookmark of the page that is open, or the way back, changes the address and loads nothing: all is set as at first, and read anew.
function followAddress(atlas) {
  const state = new URLSearchParams(location.hash.slice(1));
  if (gbaAtlas.first() !== atlas || !SAID.some(name => state.has(name))) return;  // a place in a page around the map
  if (atlas.timer) stop(atlas);
  if (atlas.compare) closeCompare(atlas);
  if (atlas.multiples) closeMultiples(atlas);
  atlas.map.closePopup();
  Object.assign(atlas, { fill: atlas.data.fills[0] || null, year: null, selected: null, filter: '', current: 0, language: 'both', theme: 'auto', level: null, placed: false, tab: TABS[0] });
  atlas.chosen.clear();
  atlas.drawer.hidden = true;
  atlas.findYears();
  atlas.overlays.forEach((overlay, k) => atlas.put(overlay, atlas.shownFirst[k]));
  readAddress(atlas);
  atlas.renameUnits();
  atlas.settle();
}

function readAddress(atlas) {
  atlas.ready = true;
  const state = new URLSearchParams(location.hash.slice(1)), { fills } = atlas.data, flag = name => state.get(name) === '1';
  if (![...state].length) return;
  const layer = state.get('layer');
  if (layer === 'none') atlas.fill = null; else atlas.fill = fills.find(fill => fill.label[0] === layer) || atlas.fill;
  atlas.findYears();
  atlas.year = atlas.years.find(year => String(year) === state.get('year')) ?? atlas.year;
  if (['en', 'zh'].includes(state.get('lang'))) atlas.language = state.get('lang');
  if (['light', 'dark'].includes(state.get('theme'))) atlas.theme = state.get('theme');
  if (+state.get('level') > 0 && +state.get('level') < 1) atlas.level = +state.get('level');
  for (const name of ['adjusted', 'ownClasses', 'patterned']) atlas[name] = flag(name);
  atlas.note = (state.get('note') || '').slice(0, 400);
  const set = atlas.sets[atlas.setNumber()], at = new Map(set.ids.map((id, i) => [id, i]));
  for (const id of state.getAll('unit')) if (at.has(id)) atlas.chosen.add(at.get(id));
  readRest(atlas, state);
}

function readRest(atlas, state) {
  const over = state.get('over') || '';
  atlas.overlays.forEach((overlay, k) => {
    if (over.length !== atlas.overlays.length) return;
    atlas.put(overlay, over[k] === '1');
  });
  if (atlas.fill && atlas.fill.set) atlas.renameUnits();
  for (const overlay of atlas.overlays) overlay.draw(atlas, overlay);  // the year, the theme and the chosen units are new to them
  const view = (state.get('view') || '').split(',').map(part => part.trim() ? Number(part) : NaN);
  atlas.placed = view.length === 3 && view.every(Number.isFinite) && Math.abs(view[0]) <= 90 && view[2] >= 0 && view[2] <= 22;
  if (atlas.placed) atlas.map.setView([view[0], view[1]], view[2], { animate: false });
  if (TABS.includes(state.get('tab'))) { atlas.tab = state.get('tab'); atlas.drawer.hidden = false; }
  const [number, year, way, web] = (state.get('with') || '').split(','), fill = atlas.data.fills[Number(number || NaN)], webs = [-1, ...websOf(atlas)];
  const among = years => years ? years.find(each => String(each) === year) ?? years[0] : null, second = atlas.overlays[Number(web || NaN)];
  if (fill) openCompare(atlas, { fill, year: among(fill.years || (second && second.data.years)), side: way === 'side', web: webs.includes(+web) && web !== undefined ? +web : undefined });
  if (['years', 'layers'].includes(state.get('multiples'))) openMultiples(atlas, { by: state.get('multiples') });
}
