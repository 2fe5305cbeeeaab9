// Everything a reader sees is written as text nodes: no name is ever read as markup.
const WORDS = {
  layers: ['Layers', '图层'], overlays: ['Overlays', '叠加图层'], labels: ['Names', '名称'], none: ['Outlines only', '仅轮廓'],
  search: ['Find a unit', '查找'], play: ['Play', '播放'], pause: ['Pause', '暂停'], year: ['Year', '年份'],
  full: ['Full screen', '全屏'], picture: ['Save as PNG', '保存为 PNG'], language: ['Language', '语言'],
  nothing: ['No unit of this name', '未找到'], sources: ['Sources', '资料来源'], noData: ['no data', '无数据'],
  hide: ['Hide or show the layers', '隐藏或显示图层'],
  linkNote: ['width: weight given to the neighbor', '线宽：给予邻居的权重'], oneWay: ['arrow: one way only', '箭头：仅单向'], noArrows: ['too many for arrows', '数量过多，不绘箭头'],
  own: ['value, standardized', '标准化值'], neighbors: ['neighbors', '邻居'], slope: ['slope', '斜率'],
  frame: ['frame dots to find them on the map', '框选散点以在图上显示'],
  flowNote: ['from giver to receiver, width: size', '由给予方指向接受方，线宽：大小'], negative: ['negative', '负值'],
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
