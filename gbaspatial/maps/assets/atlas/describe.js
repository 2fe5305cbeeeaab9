// A description of a map made from its numbers: who is highest and lowest, where values rise, which clusters there are.
// Sentences in one language; `zh` is 1 for Chinese.
function describe(atlas, fill, year, zh) {
  const set = atlas.sets[fill ? fill.set : 0], names = list => namesOf(set, list, zh);
  if (!fill) return [zh ? `${set.ids.length} 个单元的轮廓。` : `Outlines of ${set.ids.length} units.`];
  const title = fill.label[zh] || fill.label[0], when = fill.years ? (zh ? `，${year}` : `, ${year}`) : '';
  if (fill.kind === 'choropleth') return [title + when + (zh ? '。' : '.'), ...describeNumbers(set, fill, year, zh, names)];
  return [title + when + describeLevel(atlas, fill, zh), ...describeClasses(atlas, fill, year, zh, names)];
}

function namesOf(set, list, zh, most = 6) {
  const words = list.slice(0, most).map(i => zh && set.zh[i] ? set.zh[i] : set.en[i]), rest = list.length - most;
  return words.join(zh ? '、' : ', ') + (rest > 0 ? (zh ? ` 等 ${list.length} 个` : ` and ${rest} more`) : '');
}

function describeLevel(atlas, fill, zh) {
  if (!fill.test) return zh ? '。' : '.';
  const level = levelOf(atlas, fill), adjusted = isAdjusted(atlas, fill);
  return zh ? `，p ≤ ${level}${adjusted ? '（校正后）' : ''}。` : `, p ≤ ${level}${adjusted ? ', adjusted for many tests' : ''}.`;
}

function describeClasses(atlas, fill, year, zh, names) {
  const { legend, codes } = classesAt(atlas, fill, year);
  if (codes === null) return [];
  return legend.map((row, k) => {
    const members = [...codes].map((letter, i) => letter.charCodeAt(0) - 97 === k ? i : -1).filter(i => i >= 0);
    return members.length ? `${row[1 + zh] || row[1]}${zh ? '：' : ': '}${members.length}${zh ? `（${names(members)}）。` : ` (${names(members)}).`}` : '';
  }).filter(Boolean);
}

function describeNumbers(set, fill, year, zh, names) {
  const at = yearIndex(fill, year), values = at < 0 ? [] : fill.values[at], known = values.map((v, i) => v === null ? -1 : i).filter(i => i >= 0);
  if (!known.length) return [zh ? '没有数值。' : 'There are no values.'];
  const order = [...known].sort((a, b) => values[b] - values[a]), unit = fill.unit[zh] || fill.unit[0];
  const one = i => `${namesOf(set, [i], zh)} (${write(values[i], fill.digits)})`;
  const middle = k => values[order[k]], n = order.length, median = (middle(Math.floor((n - 1) / 2)) + middle(Math.ceil((n - 1) / 2))) / 2;
  const told = [zh ? `最高：${order.slice(0, 2).map(one).join('、')}；最低：${one(order[n - 1])}；中位数 ${write(median, fill.digits)}${unit ? ' ' + unit : ''}，共 ${n} 个单元。`
    : `Highest: ${order.slice(0, 2).map(one).join(', ')}; lowest: ${one(order[n - 1])}; median ${write(median, fill.digits)}${unit ? ' ' + unit : ''} of ${n} units.`];
  told.push(describeSlope(set, values, known, zh), describeTime(fill, at, median, zh));
  if (known.length < values.length) told.push((zh ? '无数据：' : 'No data: ') + names(values.map((v, i) => v === null ? i : -1).filter(i => i >= 0)) + (zh ? '。' : '.'));
  return told.filter(Boolean);
}

const COMPASS = [['north', '北'], ['northeast', '东北'], ['east', '东'], ['southeast', '东南'], ['south', '南'], ['southwest', '西南'], ['west', '西'], ['northwest', '西北']];

// The plane through the values by place: told where it carries at least a quarter of their variance.
function describeSlope(set, values, known, zh) {
  if (known.length < 6) return '';
  const mean = list => list.reduce((sum, v) => sum + v, 0) / list.length, center = list => { const m = mean(list); return list.map(v => v - m); };
  const stretch = Math.cos(mean(known.map(i => set.at[i][0])) * Math.PI / 180), dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
  const x = center(known.map(i => set.at[i][1] * stretch)), y = center(known.map(i => set.at[i][0])), v = center(known.map(i => values[i]));
  const det = dot(x, x) * dot(y, y) - dot(x, y) ** 2, all = dot(v, v);
  if (!(det > 1e-12) || !(all > 0)) return '';
  const east = (dot(x, v) * dot(y, y) - dot(y, v) * dot(x, y)) / det, north = (dot(y, v) * dot(x, x) - dot(x, v) * dot(x, y)) / det;
  const share = (east * dot(x, v) + north * dot(y, v)) / all;
  if (share < 0.25) return '';
  const way = COMPASS[(Math.round(Math.atan2(east, north) / (Math.PI / 4)) + 8) % 8];
  return zh ? `数值向${way[1]}升高（平面趋势解释 ${Math.round(100 * share)}% 的方差）。` : `Values rise towards the ${way[0]} (a plane carries ${Math.round(100 * share)} % of their variance).`;
}

function describeTime(fill, at, median, zh) {
  const first = fill.values[0].filter(v => v !== null).sort((a, b) => a - b);
  if (!fill.years || at === 0 || !first.length) return '';
  const then = (first[Math.floor((first.length - 1) / 2)] + first[Math.ceil((first.length - 1) / 2)]) / 2, from = fill.years[0], words = write(then, fill.digits);
  return zh ? `${from} 年中位数为 ${words}。` : `The median of ${from} was ${words}${then ? ' (' + (median >= then ? '+' : '') + Math.round(100 * (median - then) / Math.abs(then)) + ' % since)' : ''}.`;
}

function describePage(atlas, page) {
  const languages = { en: [0], zh: [1], both: [0, 1] }[atlas.language];
  for (const zh of languages) {
    const text = element('p', '', describe(atlas, atlas.fill, atlas.year, zh).join(zh ? '' : ' '));
    text.lang = zh ? 'zh' : 'en';
    page.append(text);
  }
  const note = element('input');
  note.type = 'text';
  note.value = atlas.note;
  note.maxLength = 400;
  note.oninput = () => { atlas.note = note.value; writeAddress(atlas); };
  page.append(field(say(WORDS.note, atlas.language), note, atlas.id + '-note'), element('p', 'gba-quiet', remark(WORDS.noteHint, atlas.language)));
}
