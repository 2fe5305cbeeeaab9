// The layers with their legends: one fill at a time, any overlays, and the legend of what is shown.
function makePanel(atlas) {
  const control = L.control({ position: 'topright' });
  control.onAdd = () => {
    const box = element('div', 'gba-box gba-panel');
    shield(box);
    return box;
  };
  control.addTo(atlas.map);
  atlas.panel = control.getContainer();
  atlas.panelOpen = atlas.map.getSize().x > 560;
}

function fillPanel(atlas) {
  const box = atlas.panel, language = atlas.language;
  box.replaceChildren();
  const fold = element('button', 'gba-fold', atlas.panelOpen ? '▾' : '▸');
  fold.type = 'button';
  fold.setAttribute('aria-label', say(WORDS.hide, language));
  fold.setAttribute('aria-expanded', atlas.panelOpen);
  fold.onclick = () => { atlas.panelOpen = !atlas.panelOpen; fillPanel(atlas); };
  box.append(element('div', 'gba-head', element('b', '', say(WORDS.layers, language)), fold));
  if (!atlas.panelOpen) return;
  const { fills } = atlas.data;
  fills.forEach(fill => {
    box.append(choice('radio', atlas.id, say(fill.label, language), atlas.fill === fill, () => atlas.chooseFill(fill)));
    if (atlas.fill === fill) box.append(legendOf(atlas, fill));
  });
  if (fills.length) box.append(choice('radio', atlas.id, say(WORDS.none, language), !atlas.fill, () => atlas.chooseFill(null)));
  box.append(element('hr'));
  for (const overlay of atlas.overlays) {
    box.append(choice('checkbox', '', say(overlay.data.label, language), overlay.shown, on => atlas.show(overlay, on)));
    if (overlay.shown) box.append(overlayLegend(atlas, overlay));
  }
  if (atlas.names.list.length)
    box.append(choice('checkbox', '', say(WORDS.labels, language), atlas.names.shown, on => atlas.show(atlas.names, on)));
}

function choice(type, group, words, on, act) {
  const input = element('input');
  input.type = type;
  if (group) input.name = group;
  input.checked = on;
  input.onchange = () => act(input.checked);
  return element('label', 'gba-choice', input, element('span', '', words));
}

function legendOf(atlas, fill) {
  const legend = element('div', 'gba-legend'), counts = countsOf(fill, atlas.year);
  if (fill.unit) legend.append(element('div', 'gba-quiet', fill.unit));
  fill.legend.forEach(([color, english, chinese], k) => {
    // Classes of a test that no unit has would only be in the way; those of a variable show its range.
    const rare = english === 'Undefined' || english === 'No neighbors';
    if (rare && !counts[k]) return;
    const swatch = element('i');
    swatch.style.background = color;
    legend.append(element('div', 'gba-row', swatch, element('span', '', say([english, chinese], atlas.language)), element('span', 'gba-count', String(counts[k]))));
  });
  const note = remark(fill.note, atlas.language);
  if (note) legend.append(element('div', 'gba-quiet', note));
  atlas.dots = null;
  if (fill.scatter) legend.append(scatterOf(atlas, fill) || '');
  return legend;
}

function overlayLegend(atlas, { data }) {
  const legend = element('div', 'gba-legend'), language = atlas.language;
  const line = (color, width, words) => {
    const swatch = element('i', 'gba-line');
    swatch.style.borderTop = `${width}px solid ${color}`;
    legend.append(element('div', 'gba-row', swatch, element('span', '', words)));
  };
  if (data.kind === 'links') {
    const at = stateAt(data, atlas.year), pairs = at < 0 ? [] : data.pairs[at];
    line(data.color, 3, remark(WORDS.linkNote, language));
    if (pairs.some(p => !p[2] || !p[3])) legend.append(element('div', 'gba-quiet', remark(pairs.length > MANY_LINKS ? WORDS.noArrows : WORDS.oneWay, language)));
    const year = data.years && at >= 0 ? data.years[at] + ': ' : '';
    legend.append(element('div', 'gba-quiet', year + remark([pairs.length + ' linked pairs', pairs.length + ' 对相邻'], language)));
    if (data.note[0]) legend.append(element('div', 'gba-quiet', data.note[0]));
  } else if (data.kind === 'flows') {
    line(FLOW, 3, remark(WORDS.flowNote, language));
    if (data.negative) line(NEGATIVE, 3, say(WORDS.negative, language));
    if (data.flows.length < data.of)
      legend.append(element('div', 'gba-quiet', remark([`the largest ${data.flows.length} of ${data.of}`, `${data.of} 条中最大的 ${data.flows.length} 条`], language)));
  } else {
    const swatch = element('i', 'gba-dot');
    swatch.style.background = data.color;
    legend.append(element('div', 'gba-row', swatch, element('span', '', String(data.names.length))));
  }
  return legend;
}
