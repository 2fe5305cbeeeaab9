// The page in motion. window.gbaAtlas.maps[block] is the handle by which a page, or a test, steers it.
const UNTOUCHED = ['gba-names', 'gba-land', 'gba-around', 'gba-under', 'gba-web', 'gba-halo'];  // a canvas would keep the mouse from what lies beneath it
const PANES = { 'gba-land': 190, 'gba-around': 195, 'gba-under': 390, 'gba-over': 410, 'gba-halo': 430, 'gba-web': 440, 'gba-links': 450, 'gba-points': 460, 'gba-names': 620 };

class Atlas {
  constructor(map, block) {
    this.map = map;
    this.id = block;
    this.data = JSON.parse(document.getElementById(block).textContent);
    this.language = 'both';
    this.theme = 'auto';
    this.timer = null;
    this.fill = this.data.fills[0] || null;
    this.selected = null;
    this.chosen = new Set();
    this.current = 0;
    this.year = null;
    this.years = [];
    this.level = null;
    this.adjusted = this.ownClasses = this.patterned = false;
    this.tiles = {};
    this.halos = {};
    this.views = [];
    this.compare = this.multiples = null;
    this.note = '';
  }

  begin() {
    const map = this.map, box = this.root = map.getContainer();
    // Leaflet looks for marker pictures beside its style sheet, which here lies inside the page.
    L.Icon.Default.imagePath = '';
    const pictures = document.getElementById('gba-marker-pictures');
    if (pictures) L.Icon.Default.mergeOptions(JSON.parse(pictures.textContent));
    for (const [name, z] of Object.entries(PANES)) map.createPane(name).style.zIndex = z;
    for (const name of UNTOUCHED) map.getPane(name).style.pointerEvents = 'none';
    box.classList.add('gba', this.data.context && this.data.context.sea ? 'gba-sea' : 'gba-plain');
    box.setAttribute('role', document.querySelector('[role=main]') ? 'region' : 'main');
    this.haloRenderer = L.svg({ pane: 'gba-halo', padding: 0.5 });
    this.sets = makeSets(this);
    map.setView(this.sets[0].at[0], 7, { animate: false });
    keepDetail(this, map);
    keepStill(map);
    makeWalk(this);
    this.contextGroups = makeContext(this, map);
    this.findYears();
    this.overlays = makeOverlays(this);
    this.names = makeNames(this);
    this.names.group.addTo(map);
    makeTools(this);
    makePanel(this);
    makeDrawer(this);
    this.keepSize();
    this.shownFirst = this.overlays.map(overlay => overlay.shown);
    readAddress(this);
    this.settle();
    map.on('zoomend moveend resize', () => { arrangeNames(this); writeAddress(this); });
    map.on('resize', () => this.keepSize());
    document.fonts.ready.then(() => arrangeNames(this));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.turn('theme', this.theme));
    window.addEventListener('hashchange', () => followAddress(this));
    window.addEventListener('beforeprint', () => toPaper(this));
    window.addEventListener('afterprint', () => fromPaper(this));
  }

  // All boxes as the state has them, and the view on the units where none was asked for.
  settle() {
    this.wear();
    fillPanel(this);
    fillDrawer(this);
    if (!this.placed) this.fitUnits();
    this.refresh();
  }

  setNumber() { return this.fill ? this.fill.set : 0; }

  isDark() { return this.theme === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : this.theme === 'dark'; }

  wear() { for (const box of [this.root, ...this.views.map(view => view.box)]) box.classList.toggle('gba-dark', this.isDark()); }

  // A small frame folds what a large one shows.
  keepSize() {
    const size = this.map.getSize();
    this.map.getContainer().classList.toggle('gba-small', size.x < 640 || size.y < 520);
    writeSources(this);
    if (this.scale) fitScale(this);
    if (this.ready) { keepTitle(this); if (this.compare) layCompare(this); }
  }

  // The units fill what the panel leaves free.
  fitUnits() {
    const bounds = L.latLngBounds(this.sets.flatMap(set => set.group.getBounds())), size = this.map.getSize(), wide = size.x > 760;
    const sheet = !wide && this.panelOpen ? this.panel.offsetHeight : 0, below = Math.max(this.drawer.hidden ? 0 : this.drawer.offsetHeight, sheet) + (wide ? Math.max(40, this.slider.box.offsetHeight + 24) : 84);
    const half = this.compare && this.compare.side ? size.x / 2 : 0, right = half + (wide && this.panelOpen ? this.panel.offsetWidth + 24 : 16);
    this.map.fitBounds(bounds, { paddingTopLeft: wide ? [60, 24] : [16, 64], paddingBottomRight: [right, below], animate: false });
  }

  // The slider runs over the years of the fill; where it has none, over those of the overlays.
  findYears() {
    const of = layers => layers.filter(layer => layer.years).map(layer => layer.years);
    const lists = this.fill && this.fill.years ? [this.fill.years] : of(this.data.overlays);
    this.years = [...new Set(lists.flat())].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
    if (!this.years.includes(this.year)) this.year = this.years.length ? this.years[this.years.length - 1] : null;
  }

  chooseFill(fill) {
    const before = this.setNumber();
    this.selected = null;
    this.fill = fill;
    this.findYears();
    if (this.timer && this.years.length < 2) stop(this);
    if (this.setNumber() !== before) { this.chosen.clear(); this.current = 0; this.renameUnits(); }
    this.redrawLinks();
    this.refresh();
    this.tell();
  }

  chooseYear(year) {
    this.year = year;
    this.redrawLinks();
    this.refresh();
  }

  // A unit is put among the chosen ones or taken out.
  choose(i) {
    if (!this.chosen.delete(i)) this.chosen.add(i);
    for (const overlay of this.overlays) if (overlay.data.kind === 'flows') overlay.draw(this, overlay);
    this.refresh();
  }

  // A switch of the panel: level, adjusted, ownClasses, patterned, theme, note.
  turn(name, value) {
    this[name] = value;
    this.wear();
    if (name === 'theme') for (const overlay of this.overlays) overlay.draw(this, overlay);
    this.refresh();
    this.tell();
  }

  redrawLinks() {
    for (const overlay of this.overlays) if (overlay.data.years) overlay.draw(this, overlay);
  }

  renameUnits() {
    const shown = this.names.shown;
    this.names.group.remove();
    this.names = makeNames(this);
    this.names.shown = shown;
    if (shown) this.names.group.addTo(this.map);
  }

  show(overlay, on) {
    this.put(overlay, on);
    this.refresh();
  }

  put(overlay, on) {
    overlay.shown = on;
    if (on) overlay.group.addTo(this.map); else overlay.group.remove();
  }

  speak(language) {
    this.language = language;
    this.map.closePopup();
    this.refresh();
  }

  // What changed, for those who cannot see it.
  tell() { this.live.textContent = describe(this, this.fill, this.year, this.language === 'zh' ? 1 : 0).slice(0, 2).join(' '); }

  refresh() {
    document.documentElement.lang = this.language === 'zh' ? 'zh' : 'en';
    paint(this);
    nameUnits(this);
    markChosen(this);
    fillPanel(this);
    writeTools(this);
    writeSources(this);
    writeSlider(this);
    fillDrawer(this);
    drawCompare(this);
    drawMultiples(this);
    arrangeNames(this);
    writeAddress(this);
  }
}

function keepDetail(atlas, map) {
  const tolerances = atlas.data.sets.flatMap(set => set.shapes.tolerances || []);
  const update = () => { map.gbaDetail = detailAt(map, tolerances); };
  if (tolerances.length) map.on('zoomanim viewreset', update).on('zoom', update);
  update();
}

// Those who asked for less motion get none.
function keepStill(map) {
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  map._zoomAnimated = map.options.zoomAnimation = map.options.fadeAnimation = map.options.inertia = false;
}

// Beneath the units: land, and the neighbors where they are `whole`; small panels have land alone.
function makeContext(atlas, map, whole = true) {
  const context = atlas.data.context;
  if (!context) return [];
  const land = { pane: 'gba-land', renderer: L.svg({ pane: 'gba-land', padding: 1 }), interactive: false, stroke: false, fillColor: '#f3f1ec', fillOpacity: 1, className: 'gba-land-shape' };
  const around = { ...land, pane: 'gba-around', renderer: L.svg({ pane: 'gba-around', padding: 1 }), stroke: true, color: '#c4bfb4', weight: 0.7, opacity: 1, className: 'gba-around-shape' };
  const unpacked = atlas.unpacked = atlas.unpacked || new Map(), once = shapes => unpacked.get(shapes) || unpacked.set(shapes, unpackShapes(shapes)).get(shapes);
  return [[context.land, land], [whole && context.around, around]].filter(([shapes]) => shapes).map(([shapes, style]) =>
    L.layerGroup(once(shapes).map(unit => L.polygon(unit, style))).addTo(map));
}

window.gbaAtlas = {
  maps: {},
  start(map, block) {
    const atlas = new Atlas(map, block);
    this.maps[block] = atlas;
    atlas.begin();
  },
  // For tests and for pages that hold one map: the first of them, its state, its picture.
  first() { return Object.values(this.maps)[0]; },
  picture(scale) { return drawPicture(this.first(), scale).toDataURL('image/png'); },
  drawing() { return drawSvg(this.first()); },
  describe(zh) { const a = this.first(); return describe(a, a.fill, a.year, zh).join(' '); },
};

// folium's popups ask jQuery for two things only; they need not wait for the other 87 kB.
if (!window.$) window.$ = what => {
  if (what === document) return { ready: act => act() };
  const made = document.createElement('template');
  made.innerHTML = what;
  return [made.content.firstElementChild];
};
