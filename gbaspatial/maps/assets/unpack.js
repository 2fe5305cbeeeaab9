// Scripts lie in the page packed (deflate, then base64), at a third of their size; this opens them (RFC 1951).
window.gbaUnpack = function (packed, size) {
  const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0)), out = new Uint8Array(size);
  let at = 0, held = 0, count = 0, end = 0;
  const bits = n => {
    while (count < n) { held |= bytes[at++] << count; count += 8; }
    const value = held & (1 << n) - 1;
    held >>>= n;
    count -= n;
    return value;
  };
  // A canonical code: how many words of each length, and what they stand for in order.
  const codeOf = lengths => {
    const counts = new Uint16Array(16), starts = new Uint16Array(17), symbols = [];
    for (const n of lengths) counts[n]++;
    counts[0] = 0;
    for (let n = 1; n < 16; n++) starts[n + 1] = starts[n] + counts[n];
    lengths.forEach((n, symbol) => { if (n) symbols[starts[n]++] = symbol; });
    return { counts, symbols };
  };
  const symbolOf = ({ counts, symbols }) => {
    for (let n = 1, word = 0, first = 0, before = 0; n < 16; n++) {
      word |= bits(1);
      if (word - counts[n] < first) return symbols[before + word - first];
      before += counts[n];
      first = first + counts[n] << 1;
      word <<= 1;
    }
    throw new Error('the page is damaged: a packed script ends early');
  };
  const steps = (start, extra) => extra.map(n => { const from = start; start += 1 << n; return from; });
  const longExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0], long = steps(3, longExtra);
  long[28] = 258;
  const farExtra = [0, 0, 0, 0, ...Array.from({ length: 26 }, (_, k) => 1 + (k >> 1))], far = steps(1, farExtra);
  const fixed = () => [codeOf([...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)]), codeOf(Array(30).fill(5))];
  const dynamic = () => {
    const words = bits(5) + 257, ways = bits(5) + 1, known = bits(4) + 4, lengths = Array(19).fill(0);
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].slice(0, known).forEach(place => { lengths[place] = bits(3); });
    const code = codeOf(lengths), all = [];
    while (all.length < words + ways) {
      const symbol = symbolOf(code);
      if (symbol < 16) all.push(symbol);
      else if (symbol === 16) all.push(...Array(3 + bits(2)).fill(all[all.length - 1]));
      else all.push(...Array(symbol === 17 ? 3 + bits(3) : 11 + bits(7)).fill(0));
    }
    return [codeOf(all.slice(0, words)), codeOf(all.slice(words))];
  };
  for (let last = 0; !last;) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) {
      held = count = 0;
      const n = bytes[at] | bytes[at + 1] << 8;
      out.set(bytes.subarray(at + 4, at + 4 + n), end);
      at += 4 + n;
      end += n;
      continue;
    }
    const [code, ways] = kind === 1 ? fixed() : dynamic();
    for (let symbol; (symbol = symbolOf(code)) !== 256;) {
      if (symbol < 256) { out[end++] = symbol; continue; }
      const n = long[symbol - 257] + bits(longExtra[symbol - 257]), way = symbolOf(ways), back = far[way] + bits(farExtra[way]);
      for (let k = 0; k < n; k++, end++) out[end] = out[end - back];
    }
  }
  const script = document.createElement('script');
  script.textContent = new TextDecoder().decode(out);
  document.head.append(script);
};
