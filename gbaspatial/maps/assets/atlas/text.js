// Everything a reader sees is written as text nodes: no name is ever read as markup.
const WORDS = {
  layers: ['Layers', '图层'], overlays: ['Overlays', '叠加图层'], labels: ['Names', '名称'], none: ['Outlines only', '仅轮廓'],
  search: ['Find a unit', '查找'], play: ['Play', '播放'], pause: ['Pause', '暂停'], year: ['Year', '年份'],
  full: ['Full screen', '全屏'], picture: ['Save as PNG', '保存为 PNG'], drawing: ['Save as SVG', '保存为 SVG'], language: ['Language', '语言'],
  theme: ['Light or dark', '浅色或深色'], patterns: ['Patterns', '图案填充'], table: ['Table and charts', '表格与图表'], compare: ['Compare two maps', '对比两幅地图'],
  multiples: ['Small multiples', '小型多图'], byYears: ['by year', '按年份'], byLayers: ['by layer', '按图层'],
  leftWeb: ['W, left', '左侧 W'], rightWeb: ['W, right', '右侧 W'], noWeb: ['no graph of W', '无权重图'],
  home: ['Whole map', '全图'], tools: ['Tools', '工具'], close: ['Close', '关闭'], scale: ['North is up', '上北'],
  nothing: ['No unit of this name', '未找到'], sources: ['Sources', '资料来源'], noData: ['no data', '无数据'],
  hide: ['Hide or show the layers', '隐藏或显示图层'], recipe: ['Full recipe', '完整构造过程'],
  linkNote: ['width: weight given to the neighbor', '线宽：给予邻居的权重'], oneWay: ['arrow: one way only', '箭头：仅单向'], noArrows: ['too many for arrows', '数量过多，不绘箭头'],
  own: ['value, standardized', '标准化值'], neighbors: ['neighbors', '邻居'], slope: ['slope', '斜率'],
  frame: ['frame dots to find them on the map', '框选散点以在图上显示'],
  flowNote: ['from giver to receiver, width: size', '由给予方指向接受方，线宽：大小'], negative: ['negative', '负值'],
  ownClasses: ['Classes of each year', '逐年分级'], level: ['Level', '显著性水平'], adjusted: ['p adjusted for many tests', '使用多重检验校正 p 值'],
  threshold: ['At least', '下限'], direction: ['Direction', '方向'], all: ['all', '全部'], gives: ['out of the chosen units', '由所选单元流出'], receives: ['into the chosen units', '流入所选单元'],
  unit: ['Unit', '单元'], value: ['Value', '数值'], rank: ['Rank', '名次'], classOf: ['Class', '类别'], p: ['p-value', 'p 值'], chosen: ['Chosen', '选中'],
  choose: ['Choose', '选中'], release: ['Let go', '取消选中'], filter: ['Filter units, or > 100', '筛选单元，或 > 100'], more: ['more; filter to see them', '个未列出，请筛选'],
  describe: ['Description', '说明'], units: ['Table', '表格'], lines: ['History', '历史'], dots: ['Scatterplot', '散点图'], note: ['Note', '备注'],
  noteHint: ['The address of this page keeps the view, the year, the layers, the chosen units and this note: copy it to share what you see.', '本页网址保存视野、年份、图层、选中单元与本备注：复制网址即可分享。'],
  linesHint: ['Choose units on the map (Shift and click), in the table or in a popup.', '在地图上（按住 Shift 单击）、表格或弹窗中选择单元。'],
  noYears: ['This layer has one year only.', '该图层只有一个年份。'], noNumbers: ['This layer has no numbers.', '该图层没有数值。'],
  left: ['Left', '左'], right: ['Right', '右'], swipe: ['One over the other', '卷帘'], side: ['Side by side', '并排'], divider: ['Divider between the two maps', '两幅地图的分界'],
  far: ['No unit further this way', '此方向没有更多单元'],
  keys: ['Arrow keys go from unit to unit, Page up and down by rank, Home and End to highest and lowest, Enter opens a unit, Space chooses it, plus and minus zoom.',
    '方向键在单元间移动，Page Up/Down 按名次移动，Home 与 End 到最高与最低，回车打开，空格选中，加减号缩放。'],
};

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

function vector(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(className, face, act) {
  const made = element('button', className, face);
  made.type = 'button';
  made.onclick = act;
  return made;
}

// A pair (English, Chinese) in the language of the page: one of them, or both side by side.
function say(pair, language) {
  const [english, chinese] = pair;
  if (!chinese || chinese === english) return english;
  if (!english) return chinese;
  return language === 'en' ? english : language === 'zh' ? chinese : english + ' ' + chinese;
}

// The same for a small remark, whose two halves need a mark between them.
function remark(pair, language) {
  const [english, chinese] = pair;
  return language === 'both' && english && chinese && english !== chinese ? english + ' · ' + chinese : say(pair, language);
}

function write(value, digits) {
  if (value === null || value === undefined) return null;
  // As in the legend: beyond what decimals can tell apart, powers of ten; browsers know 100 decimals at most.
  if (digits > 9 || Math.abs(value) >= 1e15) return value === 0 ? '0' : Number(value.toPrecision(6)).toExponential();
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

function writeP(p) { return p === null || p === undefined ? null : p < 0.0001 ? 'p < 0.0001' : 'p = ' + p.toFixed(4); }

// What is done inside a box of controls is not meant for the map beneath.
function shield(box) {
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  // Leaflet looks from the clicked node upward, in vain where a click has removed that node.
  box.addEventListener('click', event => event.stopPropagation());
}

// A form control with its label; the key keeps the focus where it was when the box is written anew.
function field(words, input, key) {
  input.id = key;
  const label = element('label', '', words);
  label.htmlFor = key;
  return element('div', 'gba-set', label, input);
}

function select(options, chosen, act) {
  const made = element('select');
  options.forEach(([value, words]) => {
    const option = element('option', '', words);
    option.value = value;
    option.selected = String(value) === String(chosen);
    made.append(option);
  });
  made.onchange = () => act(made.value);
  return made;
}

function rewrite(box, fill) {
  const active = document.activeElement, key = active && box.contains(active) ? active.id : '', top = box.scrollTop;
  box.replaceChildren();
  fill();
  box.scrollTop = top;
  const again = key && document.getElementById(key);
  if (again) again.focus({ preventScroll: true });
}
