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
  copyCanvases(atlas);
}

// Printing replays what a canvas was told, and what was cleared prints as white paper over land and sea: a copy was told one picture.
function copyCanvases(atlas) {
  atlas.copies = [...atlas.root.querySelectorAll('canvas.leaflet-zoom-animated')].map(canvas => {
    const copy = element('canvas', canvas.className);
    copy.width = canvas.width;
    copy.height = canvas.height;
    copy.style.cssText = canvas.style.cssText;
    if (canvas.width && canvas.height) copy.getContext('2d').drawImage(canvas, 0, 0);
    canvas.after(copy);
    canvas.style.display = 'none';
    return [canvas, copy];
  });
}

function fromPaper(atlas) {
  if (!atlas.screen) return;
  for (const [canvas, copy] of atlas.copies || []) { canvas.style.display = ''; copy.remove(); }
  atlas.copies = [];
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
