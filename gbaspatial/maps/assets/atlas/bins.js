// Very many points, counted in squares: a coarse grid in a wide view, a finer one nearer by.
const SHADES = ['#fde0c5', '#facba6', '#f4a582', '#d6604d', '#b2182b', '#67001f'];

function binLevel(atlas, data) {
  const across = data.grids.map(grid => 256 * 2 ** atlas.map.getZoom() / 360 * grid.size), at = across.findIndex(pixels => pixels <= 14);
  return at < 0 ? data.grids.length - 1 : at;
}

function drawBins(atlas, made) {
  const pane = atlas.sets[atlas.setNumber()].rings ? 'gba-web' : 'gba-under';  // polygons would hide the squares, dots stand on them
  const { data } = made, at = binLevel(atlas, data), grid = data.grids[at];
  if (!made.watched) { made.watched = true; atlas.map.on('zoomend', () => { if (binLevel(atlas, data) !== made.at) { drawBins(atlas, made); fillPanel(atlas); } }); }
  made.at = at;
  made.group.clearLayers();
  made.counts = unpack(grid.counts);
  made.most = made.counts.reduce((most, n) => Math.max(most, n), 1);
  const cells = unpack(grid.cells), canvas = made.canvas = made.canvas || L.canvas({ pane, padding: 0.3 });
  let cell = 0;
  const squares = SHADES.map(() => []);
  made.counts.forEach((n, k) => {
    cell += cells[k];
    const x = data.west + cell % grid.across * grid.size, y = data.south + Math.floor(cell / grid.across) * grid.size;
    squares[shadeOf(n, made.most)].push([[[y, x], [y, x + grid.size], [y + grid.size, x + grid.size], [y + grid.size, x]]]);
  });
  squares.forEach((list, shade) => {
    if (list.length) made.group.addLayer(L.polygon(list, { pane, renderer: canvas, stroke: false, fillColor: SHADES[shade], fillOpacity: 0.85, interactive: false, smoothFactor: 0 }));
  });
}

// Equal steps of the logarithm: counts of points differ by powers of ten.
function shadeOf(n, most) { return Math.min(SHADES.length - 1, Math.floor(SHADES.length * Math.log(n) / Math.log(most + 1))); }

// The colors that occur and the counts that they stand for.
function shadesOf({ most }) {
  const bound = k => Math.ceil((most + 1) ** (k / SHADES.length));
  return SHADES.map((color, k) => [color, Math.max(bound(k), 1), Math.min(bound(k + 1) - 1, most)]).filter(([, low, high]) => low <= high)
    .map(([color, low, high]) => [color, low === high ? write(low, 0) : `${write(low, 0)} – ${write(high, 0)}`]);
}

function binLegend(atlas, overlay, legend) {
  const { data } = overlay;
  shadesOf(overlay).forEach(([color, told]) => {
    const swatch = vector('svg', { width: 20, height: 14, 'aria-hidden': 'true' }, vector('rect', { x: 0.5, y: 0.5, width: 19, height: 13, fill: color, stroke: '#767676' }));
    legend.append(element('div', 'gba-row', swatch, element('span', '', told)));
  });
  legend.append(element('div', 'gba-quiet', remark([`${write(data.of, 0)} points, counted in squares`, `${write(data.of, 0)} 个点，按方格计数`], atlas.language)));
}
