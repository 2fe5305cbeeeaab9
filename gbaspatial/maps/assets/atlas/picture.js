// The view as a PNG, drawn anew at twice the size: shapes, links, names, title, legends and sources.
function drawPicture(atlas, scale = 2) {
  const size = atlas.map.getSize(), canvas = element('canvas');
  canvas.width = size.x * scale;
  canvas.height = size.y * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(atlas.map.getContainer()).backgroundColor;
  pen.fillRect(0, 0, size.x, size.y);
  const groups = [...atlas.contextGroups, ...atlas.sets.map(set => set.group), ...atlas.overlays.map(o => o.group)];
  for (const group of groups) if (atlas.map.hasLayer(group)) group.eachLayer(layer => drawLayer(atlas.map, pen, layer));
  for (const overlay of atlas.overlays) if (overlay.shown) overlay.arrows.forEach(arrow => drawArrow(atlas.map, pen, arrow));
  if (atlas.names.shown) drawNames(atlas, pen);
  drawFrame(atlas, pen, size);
  return canvas;
}

function drawLayer(map, pen, layer) {
  const o = layer.options;
  if (!o || layer.getIcon || o.opacity === 0) return;
  pen.beginPath();
  if (layer.getRadius) {
    const at = map.latLngToContainerPoint(layer.getLatLng());
    pen.arc(at.x, at.y, layer.getRadius(), 0, 7);
  } else traceRings(map, pen, layer.getLatLngs(), layer instanceof L.Polygon);
  if (layer instanceof L.Polygon || layer.getRadius) {
    pen.globalAlpha = o.fillOpacity;
    pen.fillStyle = o.fillColor || o.color;
    pen.fill('evenodd');
  }
  pen.globalAlpha = o.opacity;
  pen.strokeStyle = o.color;
  pen.lineWidth = o.weight;
  if (o.stroke !== false) pen.stroke();
  pen.globalAlpha = 1;
}

function traceRings(map, pen, places, closed) {
  if (!places.length) return;
  if (Array.isArray(places[0])) { places.forEach(each => traceRings(map, pen, each, closed)); return; }
  places.forEach((place, k) => {
    const p = map.latLngToContainerPoint(place);
    if (k) pen.lineTo(p.x, p.y); else pen.moveTo(p.x, p.y);
  });
  if (closed) pen.closePath();
}

function drawArrow(map, pen, { place, angle, color, size }) {
  const at = map.latLngToContainerPoint(place);
  pen.save();
  pen.translate(at.x, at.y);
  pen.rotate(angle);
  pen.fillStyle = color;
  pen.beginPath();
  pen.moveTo(-size / 2, -size / 2);
  pen.lineTo(size / 2, 0);
  pen.lineTo(-size / 2, size / 2);
  pen.fill();
  pen.restore();
}

function fontOf(node, size) { return `${size}px ${getComputedStyle(node).fontFamily}`; }

function drawNames(atlas, pen) {
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  for (const name of atlas.names.list) {
    if (!name.box) continue;
    const x = (name.box[0] + name.box[2]) / 2, y = (name.box[1] + name.box[3]) / 2;
    pen.font = fontOf(name.span, name.quiet ? 10 : 12);
    pen.lineWidth = 3;
    pen.strokeStyle = 'rgba(255,255,255,.9)';
    pen.strokeText(name.span.textContent, x, y);
    pen.fillStyle = name.quiet ? '#8a8a8a' : '#1a1a1a';
    pen.fillText(name.span.textContent, x, y);
  }
}

// Title above left, legends above right, year and sources below; each on a white ground.
function drawFrame(atlas, pen, size) {
  const root = atlas.map.getContainer(), language = atlas.language;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  const note = (words, x, y, height, font) => {
    pen.font = fontOf(root, font);
    const width = pen.measureText(words).width + 16;
    pen.fillStyle = 'rgba(255,255,255,.92)';
    pen.fillRect(x, y, width, height);
    pen.fillStyle = '#1a1a1a';
    pen.fillText(words, x + 8, y + height / 2);
  };
  const title = [say(atlas.data.title, language), atlas.fill && atlas.fill.years ? String(atlas.year) : ''].filter(Boolean).join(', ');
  if (title) note(title, 10, 10, 30, 16);
  note(atlas.sourceLine, 0, size.y - 18, 18, 10);
  const rows = legendRows(atlas);
  if (!rows.length) return;
  pen.font = 'bold ' + fontOf(root, 12);
  const width = Math.max(...rows.map(row => pen.measureText(row.words).width + (row.color ? 26 : 0))) + 20;
  const left = size.x - width - 10;
  pen.fillStyle = 'rgba(255,255,255,.92)';
  pen.fillRect(left, 10, width, rows.length * 18 + 12);
  rows.forEach((row, k) => {
    const y = 25 + 18 * k;
    if (row.color) { pen.fillStyle = row.color; pen.fillRect(left + 10, y - (row.line ? 1.5 : 6), 18, row.line ? 3 : 12); }
    if (row.color && !row.line) { pen.strokeStyle = 'rgba(0,0,0,.35)'; pen.lineWidth = 1; pen.strokeRect(left + 10, y - 6, 18, 12); }
    pen.fillStyle = row.head ? '#000' : '#333';
    pen.font = (row.head ? 'bold ' : '') + fontOf(root, 12);
    pen.fillText(row.words, left + (row.color ? 36 : 10), y);
  });
}

function legendRows(atlas) {
  const rows = [], language = atlas.language;
  if (atlas.fill) {
    const fill = atlas.fill, counts = countsOf(fill, atlas.year);
    rows.push({ head: true, words: say(fill.label, language) + (fill.unit ? ' (' + fill.unit + ')' : '') });
    fill.legend.forEach(([color, english, chinese], k) => {
      if (counts[k] || !['Undefined', 'No neighbors'].includes(english)) rows.push({ color, words: `${say([english, chinese], language)}  ${counts[k]}` });
    });
  }
  for (const overlay of atlas.overlays) if (overlay.shown)
    rows.push({ color: overlay.data.color || FLOW, line: overlay.data.kind !== 'points', words: say(overlay.data.label, language) });
  return rows;
}

function savePicture(atlas) {
  drawPicture(atlas).toBlob(blob => {
    const link = element('a');
    link.href = URL.createObjectURL(blob);
    link.download = (atlas.data.title[0] || 'map').replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80) + '.png';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, 'image/png');
}
