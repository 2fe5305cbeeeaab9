// Title, search, buttons, the year slider, the scale and the line of sources.
function makeTools(atlas) {
  const map = atlas.map;
  const title = L.control({ position: 'topleft' });
  title.onAdd = () => element('h1', 'gba-title');
  title.addTo(map);
  atlas.titleBox = title.getContainer();
  map.zoomControl.remove();
  map.zoomControl.addTo(map);  // below the title
  makeMore(atlas);
  makeBar(atlas);
  makeSearch(atlas);
  makeSlider(atlas);
  makeScale(atlas);
  map.attributionControl.setPrefix('Leaflet');
}

// On a small screen one button stands for all of them.
function makeMore(atlas) {
  const control = L.control({ position: 'topleft' });
  control.onAdd = () => {
    const more = atlas.more = button('gba-more', sign('M2 4H14M2 8H14M2 12H14'), () => {
      const open = atlas.map.getContainer().classList.toggle('gba-tools-open');
      more.setAttribute('aria-expanded', open);
    });
    more.setAttribute('aria-expanded', false);
    const box = element('div', 'gba-box', more);
    shield(box);
    return box;
  };
  control.addTo(atlas.map);
}

function makeBar(atlas) {
  const bar = L.control({ position: 'topleft' });
  bar.onAdd = () => {
    const box = element('div', 'leaflet-bar gba-bar'), put = (face, act) => { const made = button('', face, act); box.append(made); return made; };
    atlas.buttons = {
      home: put(sign('M2 8L8 2.5L14 8M4 7V13.5H12V7'), () => atlas.fitUnits()),
      full: put(sign('M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10'), () => fullScreen(atlas.map)),
      picture: put(sign('M8 2V10M4.5 7L8 10.5L11.5 7M2.5 13.5H13.5'), () => savePicture(atlas)),
      drawing: put('SVG', () => saveDrawing(atlas)),
      table: put(sign('M2 3H14V13H2ZM2 6.5H14M2 10H14M6 3V13'), () => showDrawer(atlas, atlas.drawer.hidden)),
      compare: put(sign('M8 1V15M2 4H6V12H2ZM10 4H14V12H10Z'), () => toggleCompare(atlas)),
      multiples: put(sign('M2 2H7V7H2ZM9 2H14V7H9ZM2 9H7V14H2ZM9 9H14V14H9Z'), () => toggleMultiples(atlas)),
      patterns: put(sign('M2 14L14 2M2 9L9 2M7 14L14 7'), () => atlas.turn('patterned', !atlas.patterned)),
      theme: put(sign('M8 2A6 6 0 1 0 14 8A4.5 4.5 0 0 1 8 2Z'), () => atlas.turn('theme', atlas.isDark() ? 'light' : 'dark')),
      language: put('', () => atlas.speak({ both: 'en', en: 'zh', zh: 'both' }[atlas.language])),
    };
    shield(box);
    return box;
  };
  bar.addTo(atlas.map);
}

// On a small screen the tools go once one of them has opened something.
function foldTools(atlas) {
  atlas.root.classList.remove('gba-tools-open');
  atlas.more.setAttribute('aria-expanded', false);
}

function sign(path) {
  return vector('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    vector('path', { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 }));
}

function fullScreen(map) {
  if (document.fullscreenElement) document.exitFullscreen();
  else map.getContainer().requestFullscreen().catch(() => {});
}

function writeTools(atlas) {
  const language = atlas.language, title = say(atlas.data.title, language);
  atlas.titleBox.textContent = title;
  atlas.titleBox.style.display = title ? '' : 'none';
  keepTitle(atlas);
  for (const [name, button] of Object.entries(atlas.buttons)) {
    button.title = say(WORDS[name], 'both');
    button.setAttribute('aria-label', button.title);
  }
  atlas.buttons.patterns.setAttribute('aria-pressed', atlas.patterned);
  atlas.buttons.table.setAttribute('aria-pressed', !atlas.drawer.hidden);
  for (const name of ['compare', 'multiples']) atlas.buttons[name].setAttribute('aria-pressed', Boolean(atlas[name]));
  atlas.buttons.multiples.style.display = atlas.data.fills.length > 1 || atlas.data.fills.some(fill => fill.years && fill.years.length > 1) ? '' : 'none';
  atlas.more.setAttribute('aria-label', say(WORDS.tools, 'both'));
  atlas.buttons.language.textContent = { both: 'En', en: '中', zh: '双' }[language];
  atlas.searchInput.placeholder = say(WORDS.search, language);
  atlas.searchInput.setAttribute('aria-label', say(WORDS.search, 'both'));
}

// On a small screen the title takes what the folded panel beside it leaves.
function keepTitle(atlas) {
  const small = atlas.map.getContainer().classList.contains('gba-small');
  if (!small) atlas.titleBox.style.maxWidth = '';
  else if (!atlas.panelOpen) atlas.titleBox.style.maxWidth = atlas.map.getSize().x - atlas.panel.offsetWidth - 32 - 24 + 'px';
}

function makeScale(atlas) {
  atlas.scale = L.control.scale({ position: 'bottomright', imperial: false, maxWidth: 120 }).addTo(atlas.map);
  fitScale(atlas);
  const north = L.control({ position: 'bottomright' });
  north.onAdd = () => {
    const box = element('div', 'gba-north', sign('M8 15V2M3.5 7L8 2L12.5 7'), element('div', '', 'N'));
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', say(WORDS.scale, 'both'));
    return box;
  };
  north.addTo(atlas.map);
}

function fitScale(atlas) {
  atlas.scale.options.maxWidth = atlas.root.classList.contains('gba-small') ? 88 : 120;
  atlas.scale._update();
}

// Where there is little room, the line of sources opens on a touch.
function writeSources(atlas) {
  const { sources, legal } = atlas.data, control = atlas.map.attributionControl;
  const small = atlas.map.getContainer().classList.contains('gba-small');
  const { language } = atlas, which = small + language;
  if (atlas.sourcesTold === which) return;
  if (atlas.sourceText) control.removeAttribution(atlas.sourceText);
  atlas.sourcesTold = which;
  atlas.sourceLine = [...sources.map(pair => say(pair, language === 'zh' ? 'zh' : 'en')), say(legal, language)].join(' · ');
  const told = element('span', '', atlas.sourceLine);
  // Leaflet takes markup here; an element's own escaping makes it out of plain text.
  atlas.sourceText = (small ? element('details', '', element('summary', '', say(WORDS.sources, language)), told) : told).outerHTML;
  control.setPrefix(small ? false : 'Leaflet');
  control.addAttribution(atlas.sourceText);
}

function makeSearch(atlas) {
  const control = L.control({ position: 'topleft' });
  control.onAdd = () => {
    const input = atlas.searchInput = element('input'), list = atlas.searchList = element('ul');
    input.type = 'search';
    input.autocomplete = 'off';
    list.id = atlas.id + '-found';
    list.hidden = true;
    for (const [name, value] of [['role', 'combobox'], ['aria-expanded', false], ['aria-controls', list.id], ['aria-autocomplete', 'list']]) input.setAttribute(name, value);
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', say(WORDS.search, 'both'));
    input.oninput = () => offer(atlas, input.value);
    input.onkeydown = event => {
      if (event.key === 'Enter') takeOffer(atlas);
      if (event.key === 'Escape') offer(atlas, '');
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { moveOffer(atlas, event.key === 'ArrowDown' ? 1 : -1); event.preventDefault(); }
    };
    const box = element('div', 'gba-box gba-search', input, list);
    shield(box);
    return box;
  };
  control.addTo(atlas.map);
}

function takeOffer(atlas) {
  const item = atlas.searchList.querySelector('[aria-selected=true]') || atlas.searchList.firstChild;
  if (item && item.onclick) item.onclick();
}

function moveOffer(atlas, by) {
  const items = [...atlas.searchList.children], at = items.findIndex(item => item.getAttribute('aria-selected') === 'true');
  if (!items.length) return;
  const next = (at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by + items.length) % items.length;
  items.forEach((item, k) => item.setAttribute('aria-selected', k === next));
  atlas.searchInput.setAttribute('aria-activedescendant', items[next].id);
}

function offer(atlas, typed) {
  const wanted = typed.trim().toLowerCase(), found = [];
  atlas.searchList.replaceChildren();
  atlas.searchList.hidden = !wanted;
  atlas.searchInput.setAttribute('aria-expanded', Boolean(wanted));
  atlas.searchInput.removeAttribute('aria-activedescendant');
  if (!wanted) return;
  for (const set of atlas.sets) set.ids.forEach((id, i) => {
    const rank = [set.en[i], set.zh[i] || '', set.also[i] || '', id].map(text => text.toLowerCase().indexOf(wanted)).filter(k => k >= 0);
    if (rank.length) found.push({ set, i, rank: Math.min(...rank) });
  });
  found.sort((a, b) => a.rank - b.rank);
  const put = (words, act, quiet) => {
    const item = element('li', quiet ? 'gba-quiet' : '', words);
    item.setAttribute('role', 'option');
    item.id = atlas.searchList.id + atlas.searchList.children.length;
    item.onclick = act;
    atlas.searchList.append(item);
  };
  for (const { set, i } of found.slice(0, 8))
    put(say([set.en[i], set.zh[i] || ''], 'both'), () => { goTo(atlas, set, i); offer(atlas, ''); atlas.searchInput.value = ''; });
  if (!found.length) put(say(WORDS.nothing, atlas.language), null, true);
}

function goTo(atlas, set, i) {
  if (!atlas.map.hasLayer(set.group)) atlas.chooseFill(atlas.data.fills.find(fill => fill.set === set.number) || null);
  const layer = set.layers[i];
  if (layer.getBounds) atlas.map.fitBounds(layer.getBounds(), { maxZoom: 10, padding: [60, 60], animate: false });
  else atlas.map.setView(set.at[i], Math.max(atlas.map.getZoom(), 9), { animate: false });
  atlas.current = i;
  nameUnits(atlas);
  openUnit(atlas, set, i);
}

function makeSlider(atlas) {
  const control = L.control({ position: 'bottomleft' });
  control.onAdd = () => {
    const play = element('button', 'gba-play', '▶'), range = element('input'), year = element('output', 'gba-year');
    play.type = 'button';
    range.type = 'range';
    range.min = 0;
    range.oninput = () => {
      const chosen = atlas.years[+range.value];  // read first: stopping writes the shown year into the slider
      stop(atlas);
      atlas.chooseYear(chosen);
    };
    play.onclick = () => atlas.timer ? stop(atlas) : start(atlas);
    const box = element('div', 'gba-box gba-slider', play, range, year);
    shield(box);
    atlas.slider = { box, play, range, year };
    return box;
  };
  control.addTo(atlas.map);
}

function start(atlas) {
  const step = () => atlas.chooseYear(atlas.years[(atlas.years.indexOf(atlas.year) + 1) % atlas.years.length]);
  atlas.timer = setInterval(step, 900);
  step();
  writeSlider(atlas);
}

function stop(atlas) {
  clearInterval(atlas.timer);
  atlas.timer = null;
  writeSlider(atlas);
}

function writeSlider(atlas) {
  const { box, play, range, year } = atlas.slider, language = atlas.language;
  box.style.display = atlas.years.length > 1 ? '' : 'none';
  const line = atlas.map.attributionControl.getContainer();
  box.style.marginBottom = (line.offsetWidth + box.offsetWidth + 30 > atlas.map.getSize().x ? line.offsetHeight : 0) + 8 + 'px';
  range.max = Math.max(atlas.years.length - 1, 0);
  range.value = Math.max(atlas.years.indexOf(atlas.year), 0);
  year.textContent = atlas.year === null ? '' : String(atlas.year);
  range.setAttribute('aria-label', say(WORDS.year, 'both'));
  range.setAttribute('aria-valuetext', year.textContent);
  play.textContent = atlas.timer ? '❚❚' : '▶';
  play.setAttribute('aria-label', say(atlas.timer ? WORDS.pause : WORDS.play, language));
}
