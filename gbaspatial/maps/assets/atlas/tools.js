// Title, search, language, full screen, the year slider and the line of sources.
function makeTools(atlas) {
  const map = atlas.map;
  const title = L.control({ position: 'topleft' });
  title.onAdd = () => element('div', 'gba-title');
  title.addTo(map);
  atlas.titleBox = title.getContainer();
  map.zoomControl.remove();
  map.zoomControl.addTo(map);  // below the title
  const bar = L.control({ position: 'topleft' });
  bar.onAdd = () => {
    const box = element('div', 'leaflet-bar gba-bar');
    atlas.buttons = {
      full: tool(box, sign('M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10'), () => fullScreen(map)),
      picture: tool(box, sign('M8 2V10M4.5 7L8 10.5L11.5 7M2.5 13.5H13.5'), () => savePicture(atlas)),
      language: tool(box, '', () => atlas.speak({ both: 'en', en: 'zh', zh: 'both' }[atlas.language])),
    };
    shield(box);
    return box;
  };
  bar.addTo(map);
  makeSearch(atlas);
  makeSlider(atlas);
  map.attributionControl.setPrefix('Leaflet');
  writeSources(atlas);
}

function tool(box, face, act) {
  const button = element('button', '', face);
  button.type = 'button';
  button.onclick = act;
  box.append(button);
  return button;
}

function sign(path) {
  return vector('svg', { width: 16, height: 16, viewBox: '0 0 16 16' },
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
  for (const [name, button] of Object.entries(atlas.buttons)) {
    button.title = say(WORDS[name], 'both');
    button.setAttribute('aria-label', button.title);
  }
  atlas.buttons.language.textContent = { both: 'En', en: '中', zh: '双' }[language];
  atlas.searchInput.placeholder = say(WORDS.search, language);
  atlas.searchInput.setAttribute('aria-label', say(WORDS.search, 'both'));
}

function writeSources(atlas) {
  const { sources, legal } = atlas.data;
  atlas.sourceLine = [...sources, say(legal, 'both')].join(' · ');
  // Leaflet takes markup here; an element's own escaping makes it out of plain text.
  atlas.map.attributionControl.addAttribution(element('span', '', atlas.sourceLine).outerHTML);
}

function makeSearch(atlas) {
  const control = L.control({ position: 'topleft' });
  control.onAdd = () => {
    const input = atlas.searchInput = element('input'), list = atlas.searchList = element('ul');
    input.type = 'search';
    input.autocomplete = 'off';
    input.oninput = () => offer(atlas, input.value);
    input.onkeydown = event => {
      if (event.key === 'Enter' && list.firstChild && list.firstChild.onclick) list.firstChild.onclick();
      if (event.key === 'Escape') offer(atlas, '');
    };
    const box = element('div', 'gba-box gba-search', input, list);
    shield(box);
    return box;
  };
  control.addTo(atlas.map);
}

function offer(atlas, typed) {
  const wanted = typed.trim().toLowerCase(), found = [];
  atlas.searchList.replaceChildren();
  if (!wanted) return;
  for (const set of atlas.sets) set.ids.forEach((id, i) => {
    const rank = [set.en[i], set.zh[i] || '', set.also[i] || '', id].map(text => text.toLowerCase().indexOf(wanted)).filter(k => k >= 0);
    if (rank.length) found.push({ set, i, rank: Math.min(...rank) });
  });
  found.sort((a, b) => a.rank - b.rank);
  for (const { set, i } of found.slice(0, 8)) {
    const item = element('li', '', say([set.en[i], set.zh[i] || ''], 'both'));
    item.onclick = () => { goTo(atlas, set, i); offer(atlas, ''); atlas.searchInput.value = ''; };
    atlas.searchList.append(item);
  }
  if (!found.length) atlas.searchList.append(element('li', 'gba-quiet', say(WORDS.nothing, atlas.language)));
}

function goTo(atlas, set, i) {
  if (!atlas.map.hasLayer(set.group)) atlas.chooseFill(atlas.data.fills.find(fill => fill.set === set.number) || null);
  const layer = set.layers[i];
  if (layer.getBounds) atlas.map.fitBounds(layer.getBounds(), { maxZoom: 10, padding: [60, 60], animate: false });
  else atlas.map.setView(set.at[i], Math.max(atlas.map.getZoom(), 9), { animate: false });
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
  box.style.marginBottom = atlas.map.attributionControl.getContainer().offsetHeight + 8 + 'px';
  range.max = Math.max(atlas.years.length - 1, 0);
  range.value = Math.max(atlas.years.indexOf(atlas.year), 0);
  year.textContent = atlas.year === null ? '' : String(atlas.year);
  range.setAttribute('aria-label', say(WORDS.year, 'both'));
  range.setAttribute('aria-valuetext', year.textContent);
  play.textContent = atlas.timer ? '❚❚' : '▶';
  play.setAttribute('aria-label', say(atlas.timer ? WORDS.pause : WORDS.play, language));
}
