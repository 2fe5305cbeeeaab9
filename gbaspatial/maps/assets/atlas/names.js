// Names: larger units first; one that would lie on a point or on another name moves, or waits for a closer view.
const LONGEST = 32;
const SHIFTS = [[0, 0], [0, -1], [0, 1], [0, -2], [0, 2], [1, 0], [-1, 0], [1, -1], [-1, -1], [1, 1], [-1, 1]];

function makeNames(atlas) {
  const made = { group: L.layerGroup(), shown: true, list: [] };
  const set = atlas.sets[atlas.setNumber()];
  if (set.layers.length <= MANY_UNITS) {
    const sides = i => { const b = set.layers[i].getBounds ? set.layers[i].getBounds() : null; return b ? [b.getEast() - b.getWest(), b.getNorth() - b.getSouth()] : [0, 0]; };
    const crowded = set.rings && set.ids.length > 40;  // then a name waits until its unit is about as wide
    set.at.forEach((place, i) => made.list.push({ place, size: sides(i)[0] * sides(i)[1], wide: crowded ? sides(i)[0] : Infinity, quiet: false, dot: set.rings ? 0 : set.layers[i].getRadius(), words: () => [set.en[i], set.zh[i] || ''] }));
    made.list.sort((a, b) => b.size - a.size);
  }
  const around = atlas.data.context && atlas.data.context.around;
  if (around && !atlas.aroundAt) atlas.aroundAt = unpackPlaces(around.at, around.scale);
  if (around) (atlas.unpacked.get(around) || unpackShapes(around)).forEach((unit, i) =>
    made.list.push({ place: atlas.aroundAt[i], quiet: true, wide: widthOf(unit), words: () => [atlas.data.context.en[i], atlas.data.context.zh[i] || ''] }));
  for (const name of made.list) {
    name.span = element('span');
    const icon = L.divIcon({ className: 'gba-name' + (name.quiet ? ' gba-name-quiet' : ''), html: name.span, iconSize: null });
    made.group.addLayer(L.marker(name.place, { icon, pane: 'gba-names', interactive: false, keyboard: false }));
  }
  return made;
}

// Degrees from west to east of the widest part: what a quiet name has room in.
function widthOf(unit) {
  return Math.max(...unit.map(([ring]) => { const xs = ring.map(place => place[1]); return xs.reduce((a, b) => Math.max(a, b)) - xs.reduce((a, b) => Math.min(a, b)); }));
}

function shortened(words) { const letters = [...words]; return letters.length > LONGEST ? letters.slice(0, LONGEST - 1).join('') + '…' : words; }

// What covers a map: boxes of controls, and the other map of a comparison.
function coveredPlaces(atlas, view) {
  const controls = [...atlas.root.querySelectorAll('.gba-box, .gba-title, .leaflet-bar, .gba-drawer')].map(node => node.getBoundingClientRect());
  const covered = controls.filter(b => b.width > 0).map(b => [b.left - view.left, b.top - view.top, b.right - view.left, b.bottom - view.top]);
  const other = atlas.compare, far = 1e5;
  if (!other) return covered;
  const at = atlas.root.clientWidth * (other.side ? 0.5 : other.share);
  if (atlas !== other) covered.push([at, -far, far, far]); else if (!other.side) covered.push([-far, -far, at, far]);
  return covered;
}

// Boxes that names keep off: dots of units and points, ends of links, arrows.
function dotsOnMap(atlas) {
  const boxes = [], put = (place, r) => { const p = atlas.map.latLngToContainerPoint(place); boxes.push([p.x - r, p.y - r, p.x + r, p.y + r]); };
  const set = atlas.sets[atlas.setNumber()];
  if (!set.rings && set.at.length <= MANY_UNITS) set.at.forEach((place, i) => put(place, set.layers[i].getRadius() + 1));
  for (const overlay of atlas.overlays) {
    if (!overlay.shown || overlay.data.kind === 'bins' || overlay.data.kind === 'tiles') continue;
    let count = 0;
    overlay.group.eachLayer(layer => { if (layer.getRadius && count++ < 1500) put(layer.getLatLng(), layer.getRadius() + 1); });
    if (overlay.arrows.length < 300) overlay.arrows.forEach(arrow => put(arrow.place, arrow.size / 2));
  }
  return boxes;
}

function arrangeNames(atlas) {
  const names = atlas.names, taken = [], view = atlas.map.getContainer().getBoundingClientRect();
  if (!names || !names.shown) return;
  const covered = coveredPlaces(atlas, view), dots = dotsOnMap(atlas), meet = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  // First all is written, then all is measured: a browser that does both by turns lays the page out anew each time.
  for (const name of names.list) {
    const words = shortened(say(name.words(), atlas.language));
    if (name.span.textContent !== words) name.span.textContent = words;
    name.span.style.visibility = 'hidden';
  }
  const sizes = names.list.map(name => [name.span.offsetWidth + 4, name.span.offsetHeight]);
  names.list.forEach((name, k) => {
    const at = atlas.map.latLngToContainerPoint(name.place), [w, h] = sizes[k];
    name.box = null;
    if (name.wide * 256 * 2 ** atlas.map.getZoom() / 360 < 0.6 * w) return;
    if (at.x < -50 || at.y < -20 || at.x > view.width + 50 || at.y > view.height + 20) return;
    for (const [right, down] of name.quiet ? [[0, 0]] : name.dot ? SHIFTS.slice(1) : SHIFTS) {
      const dx = right * (w / 2 + 7), dy = down * (h / 2 + 5), box = [at.x + dx - w / 2, at.y + dy - h / 2, at.x + dx + w / 2, at.y + dy + h / 2];
      if (box[0] < 2 || box[1] < 2 || box[2] > view.width - 2 || box[3] > view.height - 2) continue;  // a name cut by the edge is none
      if ([...taken, ...covered, ...dots].some(o => meet(box, o))) continue;
      taken.push(box);
      name.box = box;
      name.span.style.transform = `translate(-50%, -50%) translate(${dx}px, ${dy}px)`;
      name.span.style.visibility = 'visible';
      return;
    }
  });
}
