// The view as a PNG, drawn anew at twice the size: shapes, links, names, title, legends and sources.
function drawPicture(atlas, scale = 2) {
  const size = atlas.map.getSize(), canvas = element('canvas');
  canvas.width = size.x * scale;
  canvas.height = size.y * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  pen.frame = (x, y, width, height) => { pen.translate(x, y); pen.beginPath(); pen.rect(0, 0, width, height); pen.clip(); };
  pen.shade = (color, drawing) => drawing ? canvasPattern(atlas, color, drawing, scale) : color;
  drawView(atlas, pen, size);
  return canvas;
}

// The same view as lines and letters that stay sharp at any size.
function drawSvg(atlas) {
  const size = atlas.map.getSize(), pen = new SvgPen(size, element('canvas').getContext('2d'));
  drawView(atlas, pen, size);
  return pen.text();
}

// A color of the page's own, as the light or the dark one has it.
function toneOf(atlas, name) { return getComputedStyle(atlas.map.getContainer()).getPropertyValue(name).trim(); }

function drawView(atlas, pen, size) {
  pen.fillStyle = getComputedStyle(atlas.map.getContainer()).backgroundColor;
  pen.fillRect(0, 0, size.x, size.y);
  if (atlas.multiples) drawPanels(atlas, pen);
  else {
    drawMap(atlas, atlas.sets, pen);
    if (atlas.compare) drawSecond(atlas, atlas.compare, pen, size);
  }
  drawFrame(atlas, pen, size);
}

function drawMap(atlas, sets, pen) {
  const below = o => o.data.kind === 'tiles' ? !isAbove(atlas, o) : o.data.kind === 'bins' && !atlas.sets[atlas.setNumber()].rings, of = overlays => overlays.map(o => o.group);
  const groups = [...atlas.contextGroups, ...of(atlas.overlays.filter(below)), ...sets.map(set => set.group), ...of(atlas.overlays.filter(o => !below(o)))];
  for (const group of groups) if (atlas.map.hasLayer(group)) group.eachLayer(layer => drawLayer(atlas, pen, layer));
  for (const overlay of atlas.overlays) if (overlay.shown) overlay.arrows.forEach(arrow => drawArrow(atlas.map, pen, arrow));
  if (atlas.names.shown) drawNames(atlas, pen);
}

// The second map of a comparison, from the divider on, and what each shows.
function drawSecond(atlas, other, pen, size) {
  const at = size.x * (other.side ? 0.5 : other.share), ground = getComputedStyle(atlas.root).backgroundColor, ink = toneOf(atlas, '--ink');
  pen.save();
  pen.frame(at, 0, size.x - at, size.y);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size.x - at, size.y);
  pen.translate(other.side ? 0 : -at, 0);
  drawMap(other, [other.set], pen);
  pen.restore();
  pen.fillStyle = ink;
  pen.fillRect(at - 1, 0, 2, size.y);
  const y = size.y - 70;
  [[at - 12, 0, 1], [at + 12, 1, 0]].forEach(([x, k, left]) => {
    pen.font = 'bold ' + fontOf(atlas.root, 12);
    const words = other.captions[k].textContent, width = pen.measureText(words).width;
    pen.fillStyle = toneOf(atlas, '--ground');
    pen.fillRect(x - left * (width + 12), y - 11, width + 12, 22);
    pen.fillStyle = ink;
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    pen.fillText(words, x - left * (width + 12) + 6, y);
  });
}

// The panels where they lie, each in its frame under its caption.
function drawPanels(atlas, pen) {
  const root = atlas.root.getBoundingClientRect();
  for (const { view, caption } of atlas.multiples.panels) {
    const box = view.box.getBoundingClientRect(), x = box.left - root.left, y = box.top - root.top;
    pen.save();
    pen.frame(x, y, box.width, box.height);
    drawMap(view, [view.set], pen);
    pen.restore();
    pen.strokeStyle = toneOf(atlas, '--line');
    pen.lineWidth = 1;
    pen.strokeRect(x, y, box.width, box.height);
    pen.font = 'bold ' + fontOf(atlas.root, 12);
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    pen.fillStyle = toneOf(atlas, '--ink');
    pen.fillText(caption.textContent, x + 2, y - 10);
  }
}

function drawLayer(atlas, pen, layer) {
  const { map } = atlas, o = layer.options, own = { 'gba-land-shape': ['--land'], 'gba-around-shape': ['--land', '--frontier'] }[o && o.className] || [];
  if (layer instanceof L.GridLayer) return drawTilesOf(map, pen, layer);
  if (!o || layer.getIcon || o.opacity === 0) return;
  if (layer.getBounds && !map.getBounds().pad(0.05).intersects(layer.getBounds())) return;  // out of sight
  pen.beginPath();
  if (layer.getRadius) {
    const at = map.latLngToContainerPoint(layer.getLatLng());
    pen.arc(at.x, at.y, layer.getRadius(), 0, 7);
  } else traceRings(map, pen, layer.getLatLngs(), layer instanceof L.Polygon);
  if (layer instanceof L.Polygon || layer.getRadius) {
    pen.globalAlpha = o.fillOpacity;
    const [legend, code] = layer.legendRow || [];
    pen.fillStyle = own[0] ? toneOf(atlas, own[0]) : legend ? pen.shade(legend[code][0], atlas.patterned ? drawingOf(legend, code) : '') : o.fillColor || o.color;
    pen.fill('evenodd');
  }
  pen.globalAlpha = o.opacity;
  pen.strokeStyle = own[1] ? toneOf(atlas, own[1]) : o.color;
  pen.lineWidth = o.weight;
  if (o.stroke !== false) pen.stroke();
  pen.globalAlpha = 1;
  return undefined;
}

function drawTilesOf(map, pen, layer) {
  const root = map.getContainer().getBoundingClientRect();
  for (const { el, current } of Object.values(layer._tiles)) {
    const box = el.getBoundingClientRect();
    if (current && box.width) pen.drawImage(el, box.left - root.left, box.top - root.top, box.width, box.height);
  }
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
    pen.strokeStyle = name.quiet ? toneOf(atlas, '--far-halo') : '#ffffff';
    pen.strokeText(name.span.textContent, x, y);
    pen.fillStyle = name.quiet ? toneOf(atlas, '--far') : '#1a1a1a';
    pen.fillText(name.span.textContent, x, y);
  }
}

// Title above left, legends above right, scale and sources below; each on a ground of its own.
function drawFrame(atlas, pen, size) {
  const root = atlas.map.getContainer(), language = atlas.language, ground = toneOf(atlas, '--ground'), ink = toneOf(atlas, '--ink');
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  const note = (words, x, y, height, font) => {
    pen.font = fontOf(root, font);
    const width = pen.measureText(words).width + 16;
    pen.fillStyle = ground;
    pen.fillRect(x, y, width, height);
    pen.fillStyle = ink;
    pen.fillText(words, x + 8, y + height / 2);
  };
  const title = [say(atlas.data.title, language), atlas.fill && atlas.fill.years ? String(atlas.year) : ''].filter(Boolean).join(', ');
  if (title) note(title, 10, 10, 30, 16);
  wrapped(pen, fontOf(root, 10), atlas.sourceLine, size.x - 16).reverse().forEach((line, k) => note(line, 0, size.y - 16 * (k + 1), 16, 10));
  drawScale(atlas, pen, size, ink);
  drawLegend(atlas, pen, size, root, ground, ink);
}

function wrapped(pen, font, words, width) {
  pen.font = font;
  const lines = [''];
  for (const part of words.split(' ')) {
    if (lines[lines.length - 1] && pen.measureText(lines[lines.length - 1] + ' ' + part).width > width) lines.push('');
    lines[lines.length - 1] += (lines[lines.length - 1] ? ' ' : '') + part;
  }
  return lines;
}

function drawScale(atlas, pen, size, ink) {
  const bar = atlas.map.getContainer().querySelector('.leaflet-control-scale-line');
  if (!bar || !bar.offsetWidth) return;
  const right = size.x - 14, y = size.y - 44, left = right - bar.offsetWidth;
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 2;
  pen.beginPath();
  const line = places => places.forEach(([x, up], k) => k ? pen.lineTo(x, y + up) : pen.moveTo(x, y + up));
  line([[left, -5], [left, 0], [right, 0], [right, -5]]);
  line([[right - 4, -38], [right, -44], [right + 4, -38]]);  // north is up
  line([[right, -44], [right, -24]]);
  pen.stroke();
  pen.font = fontOf(atlas.map.getContainer(), 11);
  pen.fillText(bar.textContent, left, y - 10);
}

function drawLegend(atlas, pen, size, root, ground, ink) {
  const rows = legendRows(atlas).flatMap(row => wrapped(pen, (row.head ? 'bold ' : '') + fontOf(root, 12), row.words, row.color ? 216 : 236).map((words, k) => k ? { words, under: Boolean(row.color), head: row.head } : { ...row, words }));
  if (!rows.length) return;
  pen.font = 'bold ' + fontOf(root, 12);
  const width = Math.max(...rows.map(row => pen.measureText(row.words).width + (row.color || row.under ? 26 : 0))) + 20;
  const left = size.x - width - 10;
  pen.fillStyle = ground;
  pen.fillRect(left, 10, width, rows.length * 18 + 12);
  rows.forEach((row, k) => {
    const y = 25 + 18 * k;
    if (row.color) { pen.fillStyle = pen.shade(row.color, row.drawing); pen.fillRect(left + 10, y - (row.line ? 1.5 : 6), 18, row.line ? 3 : 12); }
    if (row.color && !row.line) { pen.strokeStyle = '#767676'; pen.lineWidth = 1; pen.strokeRect(left + 10, y - 6, 18, 12); }
    pen.fillStyle = ink;
    pen.font = (row.head ? 'bold ' : '') + fontOf(root, 12);
    pen.fillText(row.words, left + (row.color || row.under ? 36 : 10), y);
  });
}

function legendRows(atlas) {
  const rows = [], language = atlas.language;
  if (atlas.fill) {
    const fill = atlas.fill, counts = countsOf(atlas, fill, atlas.year), { legend } = classesAt(atlas, fill, atlas.year), unit = say(fill.unit, language);
    rows.push({ head: true, words: say(fill.label, language) });
    if (unit) rows.push({ words: unit });
    legend.forEach((row, k) => {
      if (counts[k] || !isRare(row)) rows.push({ color: row[0], drawing: atlas.patterned ? drawingOf(legend, k) : '', words: `${say(row.slice(1), language)} (${counts[k]})` });
    });
    if (fill.test) rows.push({ words: describeLevel(atlas, fill, language === 'zh' ? 1 : 0).replace(/^[,，] */, '') });
  }
  for (const overlay of atlas.overlays) if (overlay.shown) rows.push(...overlayRows(atlas, overlay));
  return rows;
}

function overlayRows(atlas, overlay) {
  const { data } = overlay, { language } = atlas, words = say(data.label, language), unit = data.unit ? say(data.unit, language) : '';
  if (data.kind === 'tiles') return [{ head: true, words }, ...(unit ? [{ words: unit }] : []), ...data.legend.map((row, k) => ({ color: row[0], words: `${say(row.slice(1), language)} (${data.counts[k]})`, count: data.counts[k], rare: isRare(row) })).filter(row => row.count || !row.rare)];
  if (data.kind === 'bins') return [{ head: true, words }, ...shadesOf(overlay).map(([color, told]) => ({ color, words: told }))];
  if (data.kind === 'flows') return [{ color: FLOW, line: true, words }, ...(data.negative ? [{ color: NEGATIVE, line: true, words: say(WORDS.negative, language) }] : [])];
  return [{ color: data.color, line: data.kind === 'links', words }];
}

function savePicture(atlas) { drawPicture(atlas).toBlob(blob => saveBlob(atlas, blob, '.png'), 'image/png'); }

function saveDrawing(atlas) { saveBlob(atlas, new Blob([drawSvg(atlas)], { type: 'image/svg+xml' }), '.svg'); }

function saveBlob(atlas, blob, ending) {
  const link = element('a');
  link.href = URL.createObjectURL(blob);
  link.download = (atlas.data.title[0] || 'map').replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80) + ending;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
