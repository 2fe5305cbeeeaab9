// Two maps in one: another year, layer or W beside the first, moved together, under a divider or side by side.
function toggleCompare(atlas) {
  if (atlas.compare) closeCompare(atlas); else openCompare(atlas, {});
  foldTools(atlas);
  writeTools(atlas);
  arrangeNames(atlas);
  writeAddress(atlas);
}

function openCompare(atlas, { fill = atlas.fill || atlas.data.fills[0], year, side = false, share = 0.5, web }) {
  if (!fill) return;
  if (atlas.multiples) closeMultiples(atlas);
  const first = fill.years ? fill.years[0] : atlas.years.length ? atlas.years[0] : null, root = atlas.map.getContainer(), box = element('div', 'gba-compare');
  root.append(box);
  const webs = websOf(atlas), shown = webs.filter(k => atlas.overlays[k].shown);
  // The first map keeps one graph of W, the second has its own.
  if (shown.length > 1) for (const k of shown.slice(1)) atlas.show(atlas.overlays[k], false);
  const other = atlas.compare = openView(atlas, box, { fill, year: year === undefined ? first : year, web: web ?? (shown.length ? webs[1] ?? webs[0] : -1) });
  Object.assign(other, { side, share, before: [atlas.map._zoomAnimated, atlas.map.options.zoomAnimation] });
  atlas.map._zoomAnimated = false;
  box.setAttribute('aria-hidden', 'true');  // the table and the description speak for it
  makeHandles(atlas, other);
  joinMaps(atlas, other);
  layCompare(atlas);
  drawCompare(atlas);
}

function closeCompare(atlas) {
  const other = atlas.compare;
  [atlas.map._zoomAnimated, atlas.map.options.zoomAnimation] = other.before;
  atlas.map.off('move zoom resize', other.follow);
  for (const node of [other.swipe, other.range, other.controls, ...other.captions]) node.remove();
  atlas.compare = null;
  closeView(atlas, other);
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
  other.map.on('zoomend moveend', () => arrangeNames(other));
}

function makeHandles(atlas, other) {
  const root = atlas.map.getContainer();
  other.swipe = element('div', 'gba-swipe');
  other.range = element('input', 'gba-swipe-range');
  Object.assign(other.range, { type: 'range', min: 5, max: 95, value: 100 * other.share });
  other.range.oninput = () => { other.share = other.range.value / 100; layCompare(atlas); arrangeNames(atlas); arrangeNames(other); };
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
  const other = atlas.compare, at = (other.side ? 50 : 100 * other.share) + '%', root = atlas.map.getContainer().getBoundingClientRect();
  other.box.classList.toggle('gba-side', other.side);
  other.box.style.clipPath = other.side ? '' : `inset(0 0 0 ${at})`;
  other.swipe.style.left = at;
  other.range.style.display = other.side ? 'none' : '';
  other.captions[0].style.right = `calc(${100 - (other.side ? 50 : 100 * other.share)}% + 12px)`;
  other.captions[1].style.left = `calc(${at} + 12px)`;
  standAboveCorner(atlas, other.controls);
  const foot = [atlas.onPaper ? atlas.slider.box : other.controls, atlas.slider.box, atlas.drawer].find(box => box.offsetHeight), panel = !atlas.root.classList.contains('gba-small') && atlas.panelOpen ? atlas.panel.offsetWidth + 12 : 0;
  const above = (foot ? root.bottom - foot.getBoundingClientRect().top : 24) + 8;  // the captions stand above the choosers
  other.captions[1].style.maxWidth = `max(120px, min(50% - 30px, 100% - ${at} - ${panel + 24}px))`;  // and beside the layers
  for (const caption of other.captions) caption.style.bottom = above + 'px';
  other.map.invalidateSize({ animate: false });
  other.follow();
}

// Without a slider the choosers stand at the foot, where a small screen has scale, north and sources too.
function standAboveCorner(atlas, controls) {
  const corner = atlas.scale.getContainer().parentNode, meet = !atlas.slider.box.offsetHeight && corner.offsetWidth + controls.offsetWidth + 20 > atlas.map.getSize().x;
  controls.style.marginBottom = meet ? corner.offsetHeight + 8 + 'px' : '';
}

function drawCompare(atlas) {
  const other = atlas.compare;
  if (!other) return;
  drawInView(atlas, other, atlas.names.shown);
  const webOf = k => atlas.overlays[k] ? ' · ' + say(atlas.overlays[k].data.label, atlas.language) : '', mine = websOf(atlas).find(k => atlas.overlays[k].shown);
  other.captions[0].textContent = titleOf(atlas, atlas.fill, atlas.year) + webOf(mine);
  other.captions[1].textContent = titleOf(atlas, other.fill, other.year) + webOf(other.web) + (!other.fill.years && other.year !== null ? ' ' + other.year : '');
  other.range.setAttribute('aria-label', say(WORDS.divider, atlas.language));
  rewrite(other.controls, () => writeCompare(atlas, other));
  layCompare(atlas);
}

function writeCompare(atlas, other) {
  const { language } = atlas, { fills } = atlas.data, change = () => { drawCompare(atlas); writeAddress(atlas); };
  const put = (words, options, chosen, act, key) => other.controls.append(field(words, select(options, chosen, act), atlas.id + '-' + key));
  put(say(WORDS.right, language), fills.map((fill, k) => [k, say(fill.label, language)]), fills.indexOf(other.fill), k => {
    other.fill = fills[+k];
    if (other.fill.years) other.year = yearNear(other.fill, other.year ?? atlas.year);
    change();
  }, 'other');
  const webs = websOf(atlas), years = other.fill.years || (atlas.overlays[other.web] || { data: {} }).data.years;
  if (years) put(say(WORDS.year, language), years.map(y => [y, y]), other.year, y => { other.year = years.find(each => String(each) === y); change(); }, 'otheryear');
  if (webs.length) {
    const options = [[-1, say(WORDS.noWeb, language)], ...webs.map(k => [k, say(atlas.overlays[k].data.label, language)])];
    const shown = webs.find(k => atlas.overlays[k].shown) ?? -1;
    put(say(WORDS.leftWeb, language), options, shown, k => { for (const each of webs) atlas.show(atlas.overlays[each], each === +k); change(); }, 'leftweb');
    put(say(WORDS.rightWeb, language), options, other.web, k => { other.web = +k; change(); }, 'rightweb');
  }
  const way = select([['swipe', say(WORDS.swipe, language)], ['side', say(WORDS.side, language)]], other.side ? 'side' : 'swipe', value => { other.side = value === 'side'; layCompare(atlas); atlas.fitUnits(); change(); });
  way.setAttribute('aria-label', say(WORDS.compare, language));
  way.id = atlas.id + '-way';
  other.controls.append(way);
}
