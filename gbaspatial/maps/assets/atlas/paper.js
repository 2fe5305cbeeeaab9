// Print: the page takes the shape of the paper, controls go, the sources stay.
const PAPER = [1040, 700];

function toPaper(atlas) {
  const box = atlas.map.getContainer();
  atlas.screen = { center: atlas.map.getCenter(), zoom: atlas.map.getZoom(), width: box.style.width, height: box.style.height, open: atlas.panelOpen, patterned: atlas.patterned, theme: atlas.theme, hidden: atlas.drawer.hidden };
  box.style.width = PAPER[0] + 'px';
  box.style.height = PAPER[1] + 'px';
  atlas.panelOpen = atlas.patterned = atlas.drawer.hidden = atlas.onPaper = true;  // the printer may know no color
  atlas.theme = 'light';
  wearAll(atlas);
  atlas.map.invalidateSize({ animate: false });
  drawAll(atlas);
  atlas.fitUnits();
  copyCanvases(atlas);
}

// The lines of W have a light edge where the page is dark, and the further maps are painted by themselves.
function wearAll(atlas) {
  atlas.wear();
  for (const overlay of atlas.overlays) overlay.draw(atlas, overlay);
}

function drawAll(atlas) {
  paint(atlas);
  fillPanel(atlas);
  fillDrawer(atlas);
  drawCompare(atlas);
  drawMultiples(atlas);
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
  const box = atlas.map.getContainer(), { center, zoom, width, height, open, patterned, theme, hidden } = atlas.screen;
  box.style.width = width;
  box.style.height = height;
  atlas.panelOpen = open;
  Object.assign(atlas, { patterned, theme, onPaper: false });
  atlas.drawer.hidden = hidden;
  wearAll(atlas);
  atlas.map.invalidateSize({ animate: false });
  atlas.map.setView(center, zoom, { animate: false });
  drawAll(atlas);
}
