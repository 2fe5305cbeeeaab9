// The mark around a unit that is touched, open or in focus: two rings, one of which shows on any color.
function showHalo(atlas, why, set, i) {
  showHaloIn(atlas, why, set, i);
  for (const view of atlas.views) if (view.set && view.set.number === set.number) showHaloIn(view, why, view.set, i);
}

function hideHalo(atlas, why) { for (const each of [atlas, ...atlas.views]) hideHaloIn(each, why); }

function showHaloIn(atlas, why, set, i) {
  hideHaloIn(atlas, why);
  const layer = set.layers[i], ring = (color, weight) => {
    const style = { pane: 'gba-halo', color, weight, fill: false, interactive: false, renderer: atlas.haloRenderer, lineJoin: 'round' };
    return layer.getRadius ? L.circleMarker(set.at[i], { ...style, radius: layer.getRadius() + 3 }) : new Shape(set.rings[i], { ...style, smoothFactor: 0 });
  };
  const thick = (why === 'focus' ? 7 : why === 'hover' ? 4 : 6) * (atlas.slim ? 0.6 : 1);  // a small panel would be all halo
  atlas.halos[why] = L.layerGroup([ring('#ffffff', thick), ring(why === 'focus' ? '#0b3d91' : '#111111', thick / 2)]).addTo(atlas.map);
}

function hideHaloIn(atlas, why) {
  if (atlas.halos[why]) atlas.halos[why].remove();
  delete atlas.halos[why];
}

function markChosen(atlas) {
  for (const why of Object.keys(atlas.halos)) if (why.startsWith('chosen')) hideHalo(atlas, why);
  const set = atlas.sets[atlas.setNumber()];
  if (atlas.chosen.size <= 60) for (const i of atlas.chosen) showHalo(atlas, 'chosen' + i, set, i);
}
