// A PMTiles archive (version 3), read by ranges: over HTTP beside the page, or from a file that the reader chose.
function sourceOfUrl(address) {
  let whole = null;
  return async (from, length) => {
    if (whole) return whole.slice(from, from + length).arrayBuffer();
    const answer = await fetch(address, { headers: { Range: `bytes=${from}-${from + length - 1}` } });
    if (!answer.ok) throw new Error(answer.status);
    if (answer.status === 206) return answer.arrayBuffer();
    whole = await answer.blob();  // a server that knows no ranges sends all of it
    return whole.slice(from, from + length).arrayBuffer();
  };
}

function sourceOfFile(file) { return (from, length) => file.slice(from, from + length).arrayBuffer(); }

async function unzipped(buffer, kind) {
  if (kind !== 2) return new Uint8Array(buffer);
  return new Uint8Array(await new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer());
}

async function openArchive(read) {
  const start = await read(0, 16384), view = new DataView(start), at = k => Number(view.getBigUint64(k, true));
  if (new TextDecoder().decode(start.slice(0, 7)) !== 'PMTiles' || view.getUint8(7) !== 3) throw new Error('no PMTiles of version 3');
  const archive = { read, leaves: at(40), tiles: at(56), inner: view.getUint8(97), outer: view.getUint8(98), least: view.getUint8(100), most: view.getUint8(101), known: new Map() };
  archive.root = directoryOf(await unzipped(start.slice(at(8), at(8) + at(16)), archive.inner));
  return archive;
}

// Integers of seven bits a byte, as protocol buffers have them.
class Wire {
  constructor(bytes, end = bytes.length) { this.bytes = bytes; this.at = 0; this.end = end; }
  number() {
    let value = 0, factor = 1, byte;
    do { byte = this.bytes[this.at++]; value += (byte & 127) * factor; factor *= 128; } while (byte > 127);
    return value;
  }
  part() { const length = this.number(), from = this.at; this.at += length; return this.bytes.subarray(from, this.at); }
  // Each field by its number; what is not asked for is passed over.
  each(act) {
    while (this.at < this.end) {
      const key = this.number(), kind = key & 7, field = Math.floor(key / 8);
      if (kind === 0) act(field, this.number());
      else if (kind === 2) act(field, this.part());
      else { const size = kind === 1 ? 8 : 4, view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, size); this.at += size; act(field, size === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true)); }
    }
  }
}

function directoryOf(bytes) {
  const wire = new Wire(bytes), entries = Array.from({ length: wire.number() }, () => ({}));
  let id = 0;
  for (const entry of entries) entry.id = id += wire.number();
  for (const entry of entries) entry.run = wire.number();
  for (const entry of entries) entry.length = wire.number();
  entries.forEach((entry, k) => { const told = wire.number(); entry.offset = told ? told - 1 : entries[k - 1].offset + entries[k - 1].length; });
  return entries;
}

// Tiles are numbered along a Hilbert curve, level after level.
function tileNumber(z, x, y) {
  let number = (4 ** z - 1) / 3;
  for (let s = 2 ** z / 2; s >= 1; s /= 2) {
    const right = x & s ? 1 : 0, down = y & s ? 1 : 0;
    number += s * s * (3 * right ^ down);
    if (!down) { if (right) { x = s - 1 - x; y = s - 1 - y; } [x, y] = [y, x]; }
  }
  return number;
}

async function tileOf(archive, z, x, y) {
  const key = z + '/' + x + '/' + y;
  if (!archive.known.has(key)) {
    if (archive.known.size > 96) archive.known.delete(archive.known.keys().next().value);
    archive.known.set(key, readTile(archive, tileNumber(z, x, y)));
  }
  return archive.known.get(key);
}

async function readTile(archive, number) {
  let entries = archive.root;
  for (let depth = 0; depth < 4; depth++) {
    let low = 0, high = entries.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (entries[middle].id <= number) low = middle; else high = middle - 1; }
    const entry = entries[low];
    if (!entry || entry.id > number || (entry.run && number >= entry.id + entry.run)) return null;
    if (entry.run) return featuresOf(await unzipped(await archive.read(archive.tiles + entry.offset, entry.length), archive.outer));
    entries = directoryOf(await unzipped(await archive.read(archive.leaves + entry.offset, entry.length), archive.inner));
  }
  return null;
}

// A vector tile (version 2): its units with their row of the legend, name, value, and lines in the tile's own steps.
function featuresOf(bytes) {
  let tile = null;
  new Wire(bytes).each((field, part) => { if (field === 3) tile = layerOf(part); });
  return tile;
}

function layerOf(bytes) {
  const keys = [], values = [], raw = [], text = new TextDecoder(), tile = { extent: 4096, units: [] };
  new Wire(bytes).each((field, part) => {
    if (field === 2) raw.push(part);
    else if (field === 3) keys.push(text.decode(part));
    else if (field === 4) new Wire(part).each((kind, value) => values.push(kind === 1 ? text.decode(value) : kind === 6 ? value % 2 ? -(value + 1) / 2 : value / 2 : value));
    else if (field === 5) tile.extent = part;
  });
  tile.units = raw.map(part => unitOfTile(part, keys, values));
  return tile;
}

function unitOfTile(bytes, keys, values) {
  const unit = { kind: 0, path: new Path2D() };
  let geometry = null;
  new Wire(bytes).each((field, part) => {
    if (field === 2) for (const tags = new Wire(part); tags.at < tags.end;) { const key = keys[tags.number()]; unit[key] = values[tags.number()]; }
    else if (field === 3) unit.kind = part;
    else if (field === 4) geometry = new Wire(part);
  });
  traceTile(geometry, unit);
  return unit;
}

function traceTile(wire, unit) {
  let x = 0, y = 0;
  const step = () => { const n = wire.number(); return n % 2 ? -(n + 1) / 2 : n / 2; };
  unit.places = [];
  while (wire && wire.at < wire.end) {
    const command = wire.number(), kind = command & 7;
    if (kind === 7) { unit.path.closePath(); continue; }
    for (let k = command >> 3; k > 0; k--) {
      x += step(); y += step();
      if (unit.kind === 1) unit.places.push([x, y]);
      else if (kind === 1) unit.path.moveTo(x, y); else unit.path.lineTo(x, y);
    }
  }
}
