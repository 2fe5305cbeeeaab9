// Print: the page takes the shape of the paper, controls go, the sources stay.
const PAPER = [1040, 700];

function toPaper(atlas) {
  const box = atlas.map.getContainer();
  atlas.screen = { center: atlas.map.getCenter(), zoom: atlas.map.getZoom(), width: box.style.width, height: box.style.height, open: atlas.panelOpen };
  box.style.width = PAPER[0] + 'px';
  box.style.height = PAPER[1] + 'px';
  box.classList.remove('gba-dark');
  atlas.panelOpen = true;
  atlas.map.invalidateSize({ animate: false });
  fillPanel(atlas);
  atlas.fitUnits();
}

function fromPaper(atlas) {
  if (!atlas.screen) return;
  const box = atlas.map.getContainer(), { center, zoom, width, height, open } = atlas.screen;
  box.style.width = width;
  box.style.height = height;
  atlas.panelOpen = open;
  atlas.wear();
  atlas.map.invalidateSize({ animate: false });
  atlas.map.setView(center, zoom, { animate: false });
  fillPanel(atlas);
}
