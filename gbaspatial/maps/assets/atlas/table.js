// The units as a table: sorted by any column, filtered by name or by number, linked to the map both ways.
const MOST_ROWS = 200;

function columnsOf(atlas, set) {
  const { fill, year, language } = atlas, ranks = fill ? ranksOf(fill, year) : null, columns = [];
  columns.push({ key: 'unit', words: WORDS.unit, of: i => unitName(atlas, set, i) });
  if (!fill) return columns;
  if (fill.kind === 'choropleth') columns.push({ key: 'value', words: WORDS.value, number: i => valueOf(fill, year, i), of: i => write(valueOf(fill, year, i), fill.digits + 1) || '' });
  columns.push({ key: 'classOf', words: WORDS.classOf, sort: i => codeOf(atlas, fill, year, i), of: i => className(atlas, fill, year, i) });
  if (ranks) columns.push({ key: 'rank', words: WORDS.rank, number: i => ranks.ranks[i], of: i => ranks.ranks[i] || '' });
  if (fill.test || fill.kind === 'significance') columns.push({ key: 'p', words: WORDS.p, number: i => pOf(atlas, fill, year, i), of: i => { const p = pOf(atlas, fill, year, i); return p === null ? '' : p < 0.0001 ? '< 0.0001' : p.toFixed(4); } });
  return columns;
}

function tablePage(atlas, page) {
  const set = atlas.sets[atlas.setNumber()], columns = columnsOf(atlas, set), language = atlas.language;
  const input = element('input');
  input.type = 'search';
  input.value = atlas.filter;
  const change = () => { atlas.filter = input.value; applyFilter(atlas, set, columns); fillDrawer(atlas); };
  input.oninput = event => { if (!(event && event.isComposing)) change(); };  // Chinese is composed letter by letter, in this field
  input.addEventListener('compositionend', change);
  page.append(field(say(WORDS.filter, language), input, atlas.id + '-filter'));
  const rows = sortedRows(atlas, columns, filteredRows(atlas, set, columns));
  const table = element('table', 'gba-table'), title = atlas.fill ? say(atlas.fill.label, language) + (atlas.fill.years ? ', ' + atlas.year : '') : '';
  const unit = atlas.fill ? say(atlas.fill.unit, language) : '';
  table.append(element('caption', 'gba-quiet', [title, unit, `${rows.length}/${set.ids.length}`].filter(Boolean).join(' · ')), headOf(atlas, columns));
  table.append(element('tbody', '', ...rows.slice(0, MOST_ROWS).map(i => rowOf(atlas, set, columns, i))));
  page.append(table);
  if (rows.length > MOST_ROWS) page.append(element('p', 'gba-quiet', rows.length - MOST_ROWS + ' ' + say(WORDS.more, language)));
}

function headOf(atlas, columns) {
  const row = element('tr', '', element('td', ''));
  for (const column of columns) {
    const down = atlas.sort.down, active = atlas.sort.by === column.key;
    const sort = button('', say(column.words, atlas.language) + (active ? down ? ' ▼' : ' ▲' : ''), () => {
      atlas.sort = { by: column.key, down: active ? !down : Boolean(column.number) };
      fillDrawer(atlas);
    });
    sort.id = atlas.id + '-sort-' + column.key;
    const cell = element('th', '', sort);
    cell.scope = 'col';
    cell.setAttribute('aria-sort', !active ? 'none' : down ? 'descending' : 'ascending');
    row.append(cell);
  }
  return element('thead', '', row);
}

function rowOf(atlas, set, columns, i) {
  const pick = element('input'), row = element('tr', atlas.chosen.has(i) ? 'gba-chosen' : '');
  pick.type = 'checkbox';
  pick.checked = atlas.chosen.has(i);
  pick.id = atlas.id + '-pick' + i;
  pick.setAttribute('aria-label', say(WORDS.choose, atlas.language) + ': ' + unitName(atlas, set, i));
  pick.onchange = () => atlas.choose(i);
  row.append(element('td', '', pick));
  for (const column of columns) {
    if (column.key !== 'unit') { row.append(element('td', column.number ? 'gba-number' : '', String(column.of(i)))); continue; }
    const name = button('', column.of(i), () => goTo(atlas, set, i)), cell = element('th', '', name);
    name.id = atlas.id + '-row' + i;
    cell.scope = 'row';
    row.append(cell);
  }
  row.onmouseenter = () => highlight(atlas, set, set.layers[i], true);
  row.onmouseleave = () => highlight(atlas, set, set.layers[i], false);
  row.addEventListener('focusin', () => showHalo(atlas, 'hover', set, i));
  row.addEventListener('focusout', () => hideHalo(atlas, 'hover'));
  return row;
}

// Names that hold the text, or numbers that pass a bound such as > 100 or <= 0.05.
function filteredRows(atlas, set, columns) {
  const wanted = atlas.filter.trim().toLowerCase(), all = set.ids.map((_, i) => i), bound = wanted.match(/^(<=?|>=?)\s*(-?[\d.,]+(?:e-?\d+)?)$/);
  if (!wanted) return all;
  const column = columns.find(each => each.number);
  if (bound && column) {
    const limit = +bound[2].replace(/,/g, ''), test = { '<': v => v < limit, '<=': v => v <= limit, '>': v => v > limit, '>=': v => v >= limit }[bound[1]];
    return all.filter(i => column.number(i) !== null && test(column.number(i)));
  }
  const texts = i => [set.en[i], set.zh[i] || '', set.also[i] || '', set.ids[i], ...columns.slice(1).filter(c => !c.number).map(c => String(c.of(i)))];
  return all.filter(i => texts(i).some(text => text.toLowerCase().includes(wanted)));
}

function applyFilter(atlas, set, columns) {
  atlas.selected = atlas.filter.trim() ? new Set(filteredRows(atlas, set, columns)) : null;
  paint(atlas);
  nameUnits(atlas);
}

function sortedRows(atlas, columns, rows) {
  const column = columns.find(each => each.key === atlas.sort.by) || columns[0], turn = atlas.sort.down ? -1 : 1;
  const key = column.number || column.sort || (i => String(column.of(i)));
  return [...rows].sort((i, j) => {
    const a = key(i), b = key(j);
    if (a === null || b === null) return (a === null) - (b === null);  // what has no value comes last either way
    return turn * (typeof a === 'string' ? a.localeCompare(b) : a - b) || i - j;
  });
}
