// Below the map: the table that says all that the map shows, the history of chosen units, a scatterplot, the description.
const TABS = ['units', 'lines', 'dots', 'describe'];

function makeDrawer(atlas) {
  atlas.drawer = element('section', 'gba-drawer');
  atlas.drawer.hidden = true;
  atlas.tab = 'units';
  atlas.sort = { by: 'value', down: true };
  atlas.filter = '';
  shield(atlas.drawer);
  atlas.map.getContainer().append(atlas.drawer);
}

function showDrawer(atlas, on, tab = atlas.tab) {
  atlas.drawer.hidden = !on;
  atlas.tab = tab;
  if (!on) { atlas.selected = null; atlas.filter = ''; paint(atlas); }
  fillDrawer(atlas);
  atlas.fitUnits();
  if (on) foldTools(atlas);
  writeTools(atlas);
  if (on) document.getElementById(atlas.id + '-tab-' + atlas.tab).focus({ preventScroll: true });
  else atlas.buttons.table.focus({ preventScroll: true });
}

// What stands at the foot of the map stands above the drawer, however it was opened and whatever it holds.
function liftAbove(atlas) {
  const box = atlas.map.getContainer(), { drawer } = atlas;
  box.classList.toggle('gba-bottomed', !drawer.hidden);
  box.style.setProperty('--drawer', (drawer.hidden ? 0 : drawer.offsetHeight) + 'px');
}

function fillDrawer(atlas) {
  const box = atlas.drawer;
  if (box.hidden) return liftAbove(atlas);
  box.setAttribute('aria-label', say(WORDS.table, atlas.language));
  const kept = box.querySelector('.gba-page'), top = kept ? kept.scrollTop : 0;
  rewrite(box, () => {
    const tabs = element('div', 'gba-tabs'), page = element('div', 'gba-page');
    const list = element('div', '');
    list.setAttribute('role', 'tablist');
    for (const name of TABS) list.append(tabOf(atlas, name));
    const close = button('', '✕', () => showDrawer(atlas, false));
    close.setAttribute('aria-label', say(WORDS.close, atlas.language));
    tabs.append(list, close);
    page.id = atlas.id + '-page';
    page.tabIndex = 0;
    page.setAttribute('role', 'tabpanel');
    page.setAttribute('aria-labelledby', atlas.id + '-tab-' + atlas.tab);
    box.append(tabs, page);
    ({ units: tablePage, lines: linesPage, dots: dotsPage, describe: describePage })[atlas.tab](atlas, page);
  });
  box.querySelector('.gba-page').scrollTop = top;
  liftAbove(atlas);
  box.onkeydown = event => { if (event.key === 'Escape') showDrawer(atlas, false); event.stopPropagation(); };
  return undefined;
}

function tabOf(atlas, name) {
  const tab = button('', say(WORDS[name], atlas.language), () => { atlas.tab = name; fillDrawer(atlas); });
  tab.id = atlas.id + '-tab-' + name;
  tab.setAttribute('role', 'tab');
  tab.setAttribute('aria-selected', atlas.tab === name);
  tab.setAttribute('aria-controls', atlas.id + '-page');
  tab.tabIndex = atlas.tab === name ? 0 : -1;
  tab.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    atlas.tab = TABS[(TABS.indexOf(name) + by + TABS.length) % TABS.length];
    fillDrawer(atlas);
    document.getElementById(atlas.id + '-tab-' + atlas.tab).focus();
  };
  return tab;
}
