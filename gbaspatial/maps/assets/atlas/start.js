// The page in motion. window.gbaAtlas.maps[block] is the handle by which a page, or a test, steers it.
const PANES = { 'gba-land': 190, 'gba-around': 195, 'gba-web': 440, 'gba-links': 450, 'gba-points': 460, 'gba-names': 620 };

class Atlas {
  constructor(map, block) {
    this.map = map;
    this.id = block;
    this.data = JSON.parse(document.getElementById(block).textContent);
    this.language = 'both';
    this.timer = null;
    this.fill = this.data.fills[0] || null;
    this.selected = null;
    this.year = null;
    this.years = [];
  }

  begin() {
    const map = this.map;
    // Leaflet looks for marker pictures beside its style sheet, which here lies inside the page.
    L.Icon.Default.imagePath = '';
    const pictures = document.getElementById('gba-marker-pictures');
    if (pictures) L.Icon.Default.mergeOptions(JSON.parse(pictures.textContent));
    for (const [name, z] of Object.entries(PANES)) map.createPane(name).style.zIndex = z;
    // A canvas would keep the mouse from what lies beneath it.
    for (const name of ['gba-names', 'gba-land', 'gba-around', 'gba-web']) map.getPane(name).style.pointerEvents = 'none';
    map.getContainer().classList.add(this.data.context && this.data.context.sea ? 'gba-sea' : 'gba-plain');
    this.sets = makeSets(this);
    map.setView(this.sets[0].at[0], 7, { animate: false });
    this.contextGroups = makeContext(this);
    this.findYears();
    this.overlays = makeOverlays(this);
    this.names = makeNames(this);
    this.names.group.addTo(map);
    makeTools(this);
    makePanel(this);
    fillPanel(this);
    this.fitUnits();
    this.refresh();
    map.on('zoomend moveend resize', () => arrangeNames(this));
    document.fonts.ready.then(() => arrangeNames(this));
  }

  // The units fill what the panel leaves free.
  fitUnits() {
    const bounds = L.latLngBounds(this.sets.flatMap(set => set.group.getBounds())), wide = this.map.getSize().x > 760;
    this.map.fitBounds(bounds, {
      paddingTopLeft: wide ? [60, 24] : [16, 60], paddingBottomRight: wide ? [this.panel.offsetWidth + 24, 40] : [16, 40], animate: false,
    });
  }

  // The slider runs over the years of the fill; where it has none, over those of the overlays.
  findYears() {
    const of = layers => layers.filter(layer => layer.years).map(layer => layer.years);
    const lists = this.fill && this.fill.years ? [this.fill.years] : of(this.data.overlays);
    this.years = [...new Set(lists.flat())].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
    if (!this.years.includes(this.year)) this.year = this.years.length ? this.years[this.years.length - 1] : null;
  }

  chooseFill(fill) {
    const before = this.fill ? this.fill.set : 0;
    this.selected = null;
    this.fill = fill;
    this.findYears();
    if (this.timer && this.years.length < 2) stop(this);
    if ((fill ? fill.set : 0) !== before) this.renameUnits();
    this.redrawLinks();
    this.refresh();
  }

  chooseYear(year) {
    this.year = year;
    this.redrawLinks();
    this.refresh();
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
    overlay.shown = on;
    if (on) overlay.group.addTo(this.map); else overlay.group.remove();
    this.refresh();
  }

  speak(language) {
    this.language = language;
    this.map.closePopup();
    this.refresh();
  }

  refresh() {
    paint(this);
    fillPanel(this);
    writeTools(this);
    writeSlider(this);
    arrangeNames(this);
  }
}

function makeContext(atlas) {
  const context = atlas.data.context;
  if (!context) return [];
  const land = { pane: 'gba-land', renderer: L.svg({ pane: 'gba-land', padding: 1 }), interactive: false, stroke: false, fillColor: '#f3f1ec', fillOpacity: 1 };
  const around = { ...land, pane: 'gba-around', renderer: L.svg({ pane: 'gba-around', padding: 1 }), stroke: true, color: '#c4bfb4', weight: 0.7, opacity: 1 };
  return [[context.land, land], [context.around, around]].filter(([shapes]) => shapes).map(([shapes, style]) =>
    L.layerGroup(unpackShapes(shapes).map(unit => L.polygon(unit, style))).addTo(atlas.map));
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
};

// folium's popups ask jQuery for two things only; they need not wait for the other 87 kB.
if (!window.$) window.$ = what => {
  if (what === document) return { ready: act => act() };
  const made = document.createElement('template');
  made.innerHTML = what;
  return [made.content.firstElementChild];
};
