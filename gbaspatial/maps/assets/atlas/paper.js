// Print: the page takes the shape of the paper, controls go, the sources stay.
const PAPER = [1040, 700];

function toPaper(atlas) {
  const box = atlas.map.getContainer();
  atlas.screen = { center: atlas.map.getCenter(), zoom: atlas.map.getZoom(), width: box.style.width, height: box.style.height, open: atlas.panelOpen, patterned: atlas.patterned };
  box.style.width = PAPER[0] + 'px';
  box.style.height = PAPER[1] + 'px';
  box.classList.remove('gba-dark');
  atlas.panelOpen = atlas.patterned = true;  // the printer may know no color
  atlas.map.invalidateSize({ animate: false });
  paint(atlas);
  fillPanel(atlas);
  atlas.fitUnits();
}

function fromPaper(atlas) {
  if (!atlas.screen) return;
  const box = atlas.map.getContainer(), { center, zoom, width, height, open, patterned } = atlas.screen;
  box.style.width = width;
  box.style.height = height;
  atlas.panelOpen = open;
  atlas.patterned = patterned;
  atlas.wear();
  atlas.map.invalidateSize({ animate: false });
  atlas.map.setView(center, zoom, { animate: false });
  paint(atlas);
  fillPanel(atlas);
}
