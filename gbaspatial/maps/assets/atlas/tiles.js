// More units than a page holds: squares in a wide view, and nearer by the tiles of an archive that lies beside the page.
function drawTiles(atlas, made) {
  const { data } = made;
  if (!made.squares) {
    made.squares = squaresOf(data);
    made.pane = 'gba-tiles' + atlas.data.overlays.indexOf(data);
    atlas.map.createPane(made.pane).style.pointerEvents = 'none';
    orderTiles(atlas, made);
    made.grid = gridOf(atlas, made);
    atlas.map.on('zoomend', () => showTiles(atlas, made));
    atlas.map.on('click', event => { if (made.shown) openTiled(atlas, made, event.latlng); });
    if (location.protocol.startsWith('http')) takeArchive(atlas, made, sourceOfUrl(new URL(encodeURIComponent(data.archive), location.href).href));
  }
  showTiles(atlas, made);
  if (made.grid._map) made.grid.redraw();
}

// As the layers were listed: above a fill that was listed before, below one that was listed after, and below mere outlines.
function isAbove(atlas, made) { return atlas.data.fills.indexOf(atlas.fill) >= 0 && atlas.data.fills.indexOf(atlas.fill) < made.data.after; }

function orderTiles(atlas, made) { atlas.map.getPane(made.pane).style.zIndex = isAbove(atlas, made) ? PANES['gba-over'] : PANES['gba-under']; }

async function takeArchive(atlas, made, read) {
  try {
    made.archive = await openArchive(read);
    made.trouble = null;
  } catch (error) {
    made.trouble = String(error.message || error);
  }
  showTiles(atlas, made);
  fillPanel(atlas);
}

function squaresOf(data) {
  const lists = data.legend.map(() => []), { size } = data;
  let cell = 0;
  unpack(data.cells).forEach((step, k) => {
    cell += step;
    const x = data.west + cell % data.across * size, y = data.south + Math.floor(cell / data.across) * size;
    lists[data.classes.charCodeAt(k) - 97].push([[[y, x], [y, x + size], [y + size, x + size], [y + size, x]]]);
  });
  return lists;
}

// Squares until the view is near enough and the archive is there; then its tiles.
function showTiles(atlas, made) {
  const near = made.archive && atlas.map.getZoom() >= made.data.from - 0.5;
  if (made.near === near && made.group.getLayers().length && !made.repaint) return;
  made.near = near;
  made.group.clearLayers();
  if (near) { made.group.addLayer(made.grid); return; }
  const canvas = made.canvas = made.canvas || L.canvas({ pane: made.pane, padding: 0.3 });
  made.squares.forEach((list, k) => {
    if (list.length) made.group.addLayer(L.polygon(list, { pane: made.pane, renderer: canvas, stroke: false, fillColor: made.data.legend[k][0], fillOpacity: 1, interactive: false, smoothFactor: 0 }));
  });
}

function gridOf(atlas, made) {
  const Grid = L.GridLayer.extend({
    createTile(coords, done) {
      const tile = element('canvas', 'leaflet-tile'), ratio = Math.min(window.devicePixelRatio || 1, 2), side = this.getTileSize().x;
      tile.width = tile.height = side * ratio;
      paintTile(atlas, made, tile, coords).then(() => done(null, tile), error => done(error, tile));
      return tile;
    },
  });
  return new Grid({ pane: made.pane, tileSize: 512, zoomOffset: 0, updateWhenZooming: false });
}

// Which tile of the archive holds a square of the screen, and where in it the square lies.
function sourceTile(archive, { x, y, z }, side) {
  const wide = z - Math.log2(side / 256), level = Math.max(archive.least, Math.min(archive.most, wide)), share = 2 ** (wide - level);
  return { level, x: Math.floor(x / share), y: Math.floor(y / share), left: x / share % 1, top: y / share % 1, share };
}

async function paintTile(atlas, made, canvas, coords) {
  const from = sourceTile(made.archive, coords, 512), across = Math.max(1, 1 / from.share), pen = canvas.getContext('2d');
  // In a view a little wider than the coarsest tiles one square of the screen takes several of them.
  for (let i = 0; i < across; i++) for (let j = 0; j < across; j++) {
    const x = across > 1 ? coords.x * across + i : from.x, y = across > 1 ? coords.y * across + j : from.y, tile = await tileOf(made.archive, from.level, x, y);
    if (!tile) continue;
    const scale = canvas.width * Math.max(from.share, 1 / across) / tile.extent;
    pen.save();
    pen.translate(across > 1 ? i * canvas.width / across : -from.left * canvas.width * from.share, across > 1 ? j * canvas.width / across : -from.top * canvas.width * from.share);
    pen.scale(scale, scale);
    paintUnits(atlas, made, pen, tile, scale);
    pen.restore();
  }
}

function paintUnits(atlas, made, pen, tile, scale) {
  const { legend } = made.data;
  pen.lineWidth = 0.4 / scale;
  for (const unit of tile.units) {
    const color = legend[unit.code][0], path = unit.kind === 1 ? dotsOf(unit, 3 / scale) : unit.path;
    pen.fillStyle = color;
    pen.fill(path, unit.kind === 1 ? 'nonzero' : 'evenodd');
    pen.strokeStyle = outlineOf(color);
    if (unit.kind !== 1) pen.stroke(path);
  }
}

function dotsOf(unit, radius) {
  const path = new Path2D();
  for (const [x, y] of unit.places) { path.moveTo(x + radius, y); path.arc(x, y, radius, 0, 7); }
  return path;
}

// The unit beneath a place, out of the finest tile that is there.
async function unitAt(made, there, zoom) {
  const { archive } = made, place = there.wrap(), level = Math.max(archive.least, Math.min(archive.most, Math.round(zoom))), p = L.CRS.EPSG3857.latLngToPoint(place, level).divideBy(256);
  const tile = await tileOf(archive, level, Math.floor(p.x), Math.floor(p.y));
  if (!tile) return null;
  const x = p.x % 1 * tile.extent, y = p.y % 1 * tile.extent, pen = element('canvas').getContext('2d'), reach = 6 * tile.extent / (256 * 2 ** (zoom - level));
  return [...tile.units].reverse().find(unit => unit.kind === 1 ? unit.places.some(at => Math.hypot(at[0] - x, at[1] - y) < reach) : pen.isPointInPath(unit.path, x, y, 'evenodd')) || null;
}

async function openTiled(atlas, made, place) {
  if (!made.near) return;
  const unit = await unitAt(made, place, atlas.map.getZoom()), { data } = made, { language } = atlas;
  if (!unit) return;
  const value = unit.value === undefined || Number.isNaN(unit.value) ? null : write(unit.value, data.digits + 1), measure = say(data.unit, language);
  const rows = [[say(data.label, language), value === null ? null : value + (measure ? ' ' + measure : '')], [say(WORDS.classOf, language), say(data.legend[unit.code].slice(1), language)]];
  const table = element('table', '', ...rows.filter(row => row[1] !== null).map(([name, told]) => element('tr', '', element('th', '', name), element('td', '', told))));
  L.popup({ ...roomForCard(atlas), className: 'gba-popup' }).setLatLng(place).setContent(element('div', 'gba-card', element('h3', '', unit.unit), table)).openOn(atlas.map);
}

function tilesLegend(atlas, overlay, legend) {
  const { data } = overlay, { language } = atlas, quiet = words => legend.append(element('div', 'gba-quiet', words));
  if (say(data.unit, language)) quiet(say(data.unit, language));
  data.legend.forEach((row, k) => {
    if (data.counts[k] || !isRare(row)) legend.append(element('div', 'gba-row', swatchOf({ ...atlas, patterned: false }, data.legend, k), element('span', '', say(row.slice(1), language)), element('span', 'gba-count', write(data.counts[k], 0))));
  });
  if (say(data.note, language)) quiet(remark(data.note, language));
  quiet(remark([`${write(data.of, 0)} units; in a wide view squares in their most frequent class`, `${write(data.of, 0)} 个单元；远观时方格取最多的类别`], language));
  if (overlay.archive) return;
  quiet(remark(overlay.trouble ? [`${data.archive} cannot be read (${overlay.trouble}).`, `无法读取 ${data.archive}（${overlay.trouble}）。`]
    : [`A page opened as a file may not read ${data.archive} beside it: choose it here, or put both on a web server.`, `以文件打开的网页不能读取旁边的 ${data.archive}：请在此选择该文件，或将两者放到网络服务器上。`], language));
  const input = element('input');
  input.type = 'file';
  input.accept = '.pmtiles';
  input.onchange = () => { if (input.files[0]) takeArchive(atlas, overlay, sourceOfFile(input.files[0])); };
  legend.append(field(data.archive, input, atlas.id + '-archive' + atlas.overlays.indexOf(overlay)));
}
