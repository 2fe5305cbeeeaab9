// Which class a unit is in: fixed or of the year, at the level of significance and with the p-value that are chosen.
function yearIndex(fill, year) { return fill.years ? fill.years.indexOf(year) : 0; }

function classesAt(atlas, fill, year) {
  const at = yearIndex(fill, year);
  if (at < 0) return { legend: fill.legend, codes: null };
  if (fill.own && atlas.ownClasses) return { legend: fill.own.legends[at], codes: fill.own.codes[at] };
  return { legend: fill.legend, codes: isRejudged(atlas, fill) ? judged(atlas, fill, at) : fill.codes[at] };
}

function levelOf(atlas, fill) { return atlas.level === null ? fill.test.level : atlas.level; }

function isAdjusted(atlas, fill) { return Boolean(fill.test && fill.test.adjusted && atlas.adjusted); }

function isRejudged(atlas, fill) { return Boolean(fill.test) && (levelOf(atlas, fill) !== fill.test.level || isAdjusted(atlas, fill)); }

// No color without significance: a class holds where p is at most the level, whichever p and level are chosen.
function judged(atlas, fill, at) {
  const { test } = fill, level = levelOf(atlas, fill), p = (isAdjusted(atlas, fill) ? test.adjusted : test.p)[at];
  const key = at + '/' + level + '/' + isAdjusted(atlas, fill);
  if (!fill.judged) fill.judged = {};
  if (!fill.judged[key])
    fill.judged[key] = p.map((each, i) => each === null ? fill.codes[at][i] : each <= level ? test.classes[at][i] : test.not).join('');
  return fill.judged[key];
}

function codeOf(atlas, fill, year, i) {
  const { codes } = classesAt(atlas, fill, year);
  return codes === null ? -1 : codes.charCodeAt(i) - 97;
}

function countsOf(atlas, fill, year) {
  const { legend, codes } = classesAt(atlas, fill, year), counts = legend.map(() => 0);
  if (codes) for (let i = 0; i < codes.length; i++) counts[codes.charCodeAt(i) - 97]++;
  return counts;
}

function valueOf(fill, year, i) {
  const at = yearIndex(fill, year);
  return at < 0 || !fill.values[at] ? null : fill.values[at][i];
}

// The p-value that decides, raw or adjusted; a map without a test has none.
function pOf(atlas, fill, year, i) {
  const at = yearIndex(fill, year);
  if (at < 0) return null;
  if (fill.test) return (isAdjusted(atlas, fill) ? fill.test.adjusted : fill.test.p)[at][i];
  return fill.kind === 'choropleth' || fill.kind === 'categories' || fill.kind === 'bivariate' ? null : valueOf(fill, year, i);
}

// Ranks of all units, 1 for the highest; equal values share the better rank.
function ranksOf(fill, year) {
  const at = yearIndex(fill, year), key = 'ranks' + at;
  if (fill.kind !== 'choropleth' || at < 0) return null;
  if (!fill[key]) {
    const known = fill.values[at].filter(v => v !== null).sort((a, b) => b - a), first = new Map();
    known.forEach((v, k) => { if (!first.has(v)) first.set(v, k + 1); });
    fill[key] = { of: known.length, ranks: fill.values[at].map(v => v === null ? null : first.get(v)) };
  }
  return fill[key];
}

// What a fill says about a unit in a year: its value, or its class with the p-value behind it.
function reading(atlas, fill, year, i) {
  const language = atlas.language;
  if (fill.kind === 'choropleth') {
    const text = write(valueOf(fill, year, i), fill.digits + 1), unit = say(fill.unit, language);
    return text === null ? say(WORDS.noData, language) : text + (unit ? ' ' + unit : '');
  }
  const p = writeP(pOf(atlas, fill, year, i));
  if (fill.kind === 'significance') return p === null ? className(atlas, fill, year, i) : p;
  return className(atlas, fill, year, i) + (p === null ? '' : ' (' + p + ')');
}

function className(atlas, fill, year, i) {
  const code = codeOf(atlas, fill, year, i), { legend } = classesAt(atlas, fill, year);
  return say(code < 0 ? WORDS.noData : legend[code].slice(1), atlas.language);
}

// The whole of it, for those who hear the map: name, value, class, rank.
function spoken(atlas, set, i) {
  const fill = atlas.fill, language = atlas.language, name = unitName(atlas, set, i);
  if (!fill || fill.set !== set.number) return name;
  const year = fill.years ? ' ' + atlas.year : '', told = [name, say(fill.label, language) + year + ': ' + reading(atlas, fill, atlas.year, i)];
  const ranks = ranksOf(fill, atlas.year), { legend } = classesAt(atlas, fill, atlas.year), code = codeOf(atlas, fill, atlas.year, i);
  if (fill.kind === 'choropleth' && code >= 0 && ranks.ranks[i] !== null) {
    told.push(say(['class', '类别'], language) + ' ' + say(legend[code].slice(1), language));
    told.push(say(['rank ' + ranks.ranks[i] + ' of ' + ranks.of, '第 ' + ranks.ranks[i] + ' 名，共 ' + ranks.of], language));
  }
  if (atlas.chosen.has(i)) told.push(say(WORDS.chosen, language));
  return told.join(language === 'zh' ? '，' : ', ');
}
