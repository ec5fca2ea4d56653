/* Draws classified layers on a Leaflet map. Every text that comes from data is set by textContent. */
(function () {
  "use strict";
  if (window.metrogis) { return; }

  function element(tag, text, className) {
    var node = document.createElement(tag);
    if (text !== undefined && text !== null) { node.textContent = String(text); }
    if (className) { node.className = className; }
    return node;
  }

  /* Canvas has no CSS patterns: what is not known is hatched here, over its fill. */
  var patterns = {}, fine = 2; /* drawn larger and scaled down: sharp on any screen */
  function hatch(ctx, look) {
    var key = [look.color, look.spacing, look.weight].join();
    if (!patterns[key]) {
      var tile = document.createElement("canvas"), size = look.spacing, pen;
      tile.width = tile.height = size * fine;
      pen = tile.getContext("2d");
      pen.scale(fine, fine);
      pen.strokeStyle = look.color;
      pen.lineWidth = look.weight;
      pen.beginPath();
      [-size, 0, size].forEach(function (x) { pen.moveTo(x - 1, size + 1); pen.lineTo(x + size + 1, -1); });
      pen.stroke();
      patterns[key] = ctx.createPattern(tile, "repeat");
      patterns[key].setTransform(new DOMMatrix().scale(1 / fine));
    }
    return patterns[key];
  }
  var HatchCanvas = L.Canvas.extend({
    _fillStroke: function (ctx, layer) {
      var options = layer.options, filled = options.fill;
      if (options.hatch && filled) {
        ctx.globalAlpha = options.fillOpacity;
        ctx.fillStyle = options.fillColor;
        ctx.fill("evenodd");
        ctx.globalAlpha = options.hatch.opacity;
        ctx.fillStyle = hatch(ctx, options.hatch);
        ctx.fill("evenodd");
        options.fill = false;
      }
      L.Canvas.prototype._fillStroke.call(this, ctx, layer);
      options.fill = filled;
    }
  });

  /* The same look as on the map, from the same style. */
  function swatch(shape, style) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("width", "26"); svg.setAttribute("height", "18"); svg.setAttribute("viewBox", "0 0 26 18");
    svg.setAttribute("aria-hidden", "true"); svg.setAttribute("focusable", "false");
    function part(tag, attributes) {
      var node = document.createElementNS(ns, tag), name;
      for (name in attributes) { node.setAttribute(name, attributes[name]); }
      svg.appendChild(node);
    }
    var look = { stroke: style.stroke ? style.color : "none", "stroke-opacity": style.opacity, "stroke-width": style.weight };
    if (style.dashArray) { look["stroke-dasharray"] = style.dashArray; }
    look.fill = shape === "line" ? "none" : style.fillColor;
    look["fill-opacity"] = style.fillOpacity;
    if (shape === "line") { part("path", L.extend(look, { d: "M1 9H25" })); }
    else if (shape === "point") { part("circle", L.extend(look, { cx: 13, cy: 9, r: Math.min(style.radius, 7.5) })); }
    else { part("path", L.extend(look, { d: "M1 1H25V17H1z" })); }
    if (style.hatch) {
      part("path", { d: style.hatch.swatch, fill: "none", stroke: style.hatch.color, "stroke-width": style.hatch.weight, "stroke-opacity": style.hatch.opacity });
      if (!style.stroke) { part("path", { d: "M1 1H25V17H1z", fill: "none", stroke: "#8d99a4", "stroke-width": 0.8 }); }
    }
    return svg;
  }

  /* A popup is headed by the feature's name; a value that says the same is not repeated. */
  function content(layer, feature) {
    var box = element("div", null, "mg-popup"), values = feature.properties.v, list, i;
    if (!values) {
      box.appendChild(element("strong", feature.properties.c));
      return box;
    }
    box.appendChild(element("strong", feature.properties.n || layer.title));
    list = element("dl");
    for (i = 0; i < values.length; i += 1) {
      if (values[i] !== feature.properties.n) {
        list.appendChild(element("dt", layer.heads[i]));
        list.appendChild(element("dd", values[i]));
      }
    }
    if (list.firstChild) { box.appendChild(list); }
    return box;
  }

  function hint(layer, feature) {
    var box = element("span");
    if (feature.properties.n) {
      box.appendChild(element("strong", feature.properties.n));
      box.appendChild(element("br"));
    }
    box.appendChild(element("span", feature.properties.c));
    return box;
  }

  /* A finger has no pointer that rests, and a small map no room for a popup. */
  function hovers() { return !window.matchMedia || !window.matchMedia("(hover: none), (pointer: coarse)").matches; }
  function narrow(map) { return map.getSize().x <= 640; }

  /* One L.geoJSON per class: one style, one popup binding, whatever the number of features. */
  function classLayer(layer, index) {
    var item = layer.classes[index], kinds = { Point: "point", MultiPoint: "point", LineString: "line", MultiLineString: "line" };
    function style(feature) {
      var shape = kinds[feature.geometry && feature.geometry.type] || "polygon";
      return (shape !== layer.shape && item.others[shape]) || item.style;
    }
    var group = L.geoJSON({
      type: "FeatureCollection",
      features: item.rows.reduce(function (all, row) {
        var about = { v: row[1], c: item.label, k: row[2], n: row[3] };
        all.push({ type: "Feature", geometry: row[0], properties: about });
        if (row[4]) { /* a small area has a symbol too, as large as its people are many */
          all.push({ type: "Feature", geometry: { type: "Point", coordinates: [row[4][1], row[4][0]] }, properties: L.extend({ r: row[4][2] }, about) });
        }
        return all;
      }, [])
    }, {
      style: style,
      pointToLayer: function (feature, latlng) {
        var size = feature.properties.r;
        return L.circleMarker(latlng, L.extend({}, style(feature), size ? { radius: size, stroke: true, weight: 1.5 } : {}));
      }
    });
    layer.features = layer.features || {};
    group.eachLayer(function (target) {
      if (target.feature.properties.k !== undefined && !layer.features[target.feature.properties.k]) { layer.features[target.feature.properties.k] = target; }
    });
    group.bindPopup(function (target) { return content(layer, target.feature); }, { maxWidth: 320 });
    if (hovers()) { group.bindTooltip(function (target) { return hint(layer, target.feature); }, { sticky: true }); }
    group.on("mouseover", function (event) {
      if (event.layer.setStyle) { event.layer.setStyle({ weight: style(event.layer.feature).weight + 2 }); }
    });
    group.on("mouseout", function (event) {
      if (event.layer.setStyle) { event.layer.setStyle({ weight: style(event.layer.feature).weight }); }
    });
    return group;
  }

  /* A raster: under all places, above the ground. */
  function imageLayer(layer) {
    return L.imageOverlay(layer.image.address, layer.image.bounds, {
      pane: "metrogis-images", interactive: false, alt: "", className: "mg-image"
    });
  }

  /* Land of which a view does not know: one layer, however many views share it, shown with them. */
  function landLayer(data, parts) {
    var group = L.layerGroup();
    parts.forEach(function (part) {
      var shapes = part.of.map(function (index) { return data.ground[index]; }).concat(part.shapes);
      L.geoJSON(shapes.map(function (shape) {
        return { type: "Feature", geometry: shape, properties: {} };
      }), { interactive: false, style: L.extend({ pane: "metrogis-land", renderer: data.landCanvas }, part.style) }).addTo(group);
    });
    return group;
  }

  function underlay(map, data, groups) {
    var land;
    function refresh() {
      land.forEach(function (group, index) {
        var wanted = groups.some(function (view, i) { return data.layers[i].land === index && map.hasLayer(view); });
        if (wanted && !map.hasLayer(group)) { map.addLayer(group); }
        if (!wanted && map.hasLayer(group)) { map.removeLayer(group); }
      });
    }
    if (!data.land.length) { return; }
    map.createPane("metrogis-land").style.zIndex = 300;
    map.getPane("metrogis-land").style.pointerEvents = "none";
    data.landCanvas = new HatchCanvas({ pane: "metrogis-land", padding: 0.4 });
    land = data.land.map(function (parts) { return landLayer(data, parts); });
    map.on("layeradd layerremove", function (event) {
      if (groups.indexOf(event.layer) >= 0) { refresh(); }
    });
    refresh();
  }

  /* Where a map opens on the part that is known, a button leads to the whole area. */
  function homeButton(map, data) {
    var control = L.control({ position: "topleft" });
    control.onAdd = function () {
      var box = element("div", null, "leaflet-bar mg-home"), button = element("button", data.words.home);
      button.type = "button";
      button.addEventListener("click", function () { show(map, data.bounds); });
      L.DomEvent.disableClickPropagation(box);
      box.appendChild(button);
      return box;
    };
    control.addTo(map);
  }

  function show(map, bounds) { map.fitBounds(bounds, { padding: [8, 8] }); }

  /* Names of places, the most important first; those that would overlap wait for a closer zoom. */
  function labels(map, places) {
    var pane = map.createPane("metrogis-labels"), group = L.layerGroup().addTo(map);
    pane.style.zIndex = 450;
    pane.style.pointerEvents = "none";
    pane.setAttribute("aria-hidden", "true");
    var pen = document.createElement("canvas").getContext("2d");
    pen.font = "600 12px system-ui, sans-serif";
    function draw() {
      var used = [], view = map.getPixelBounds().pad(0.1);
      group.clearLayers();
      places.forEach(function (place) {
        var at = map.project([place[0], place[1]]), half, box, node, free;
        if (!view.contains(at)) { return; }
        half = pen.measureText(place[2]).width / 2 + 6;
        box = [at.x - half, at.y - 10, at.x + half, at.y + 10];
        free = used.every(function (other) {
          return box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3];
        });
        if (!free) { return; }
        used.push(box);
        node = element("span", place[2], "mg-label");
        L.marker([place[0], place[1]], {
          icon: L.divIcon({ html: node, className: "mg-label-box", iconSize: [2 * half, 20] }),
          pane: "metrogis-labels", interactive: false, keyboard: false
        }).addTo(group);
      });
    }
    map.on("moveend", draw);
    draw();
  }

  /* Where am I, and full screen: each only where the browser can. */
  function tools(map, data) {
    var control = L.control({ position: "topleft" }), box = element("div", null, "leaflet-bar mg-tools"), frame = map.getContainer();
    function button(sign, name, act) {
      var made = element("button"), ns = "http://www.w3.org/2000/svg", icon = document.createElementNS(ns, "svg"), line = document.createElementNS(ns, "path");
      icon.setAttribute("viewBox", "0 0 20 20"); icon.setAttribute("width", "20"); icon.setAttribute("height", "20"); icon.setAttribute("aria-hidden", "true");
      line.setAttribute("d", sign); line.setAttribute("fill", "none"); line.setAttribute("stroke", "currentColor"); line.setAttribute("stroke-width", "2");
      icon.appendChild(line); made.appendChild(icon);
      made.type = "button"; made.title = name; made.setAttribute("aria-label", name);
      made.addEventListener("click", act);
      box.appendChild(made);
    }
    if (frame.requestFullscreen) {
      button("M3 8V3H8M12 3H17V8M17 12V17H12M8 17H3V12", data.words.full, function () {
        if (document.fullscreenElement) { document.exitFullscreen(); } else { frame.requestFullscreen(); }
      });
    }
    if (navigator.geolocation && window.isSecureContext) {
      button("M10 1V5M10 15V19M1 10H5M15 10H19M10 5A5 5 0 1 0 10 15A5 5 0 1 0 10 5", data.words.locate, function () { map.locate({ setView: true, maxZoom: 15 }); });
      map.on("locationfound", function (event) {
        L.circleMarker(event.latlng, { radius: 8, color: "#fff", weight: 3, fillColor: "#0b4f8a", fillOpacity: 1 }).addTo(map);
      });
    }
    if (!box.firstChild) { return; }
    control.onAdd = function () { L.DomEvent.disableClickPropagation(box); return box; };
    control.addTo(map);
  }

  /* What an address or a click names: #layer=TABLE.COLUMN&gmina=TERYT&row=N */
  function wanted() {
    var found = {};
    window.location.hash.replace(/^#/, "").split("&").forEach(function (pair) {
      var at = pair.indexOf("=");
      if (at > 0) { try { found[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1)); } catch (ignored) { /* no text */ } }
    });
    return found;
  }

  function remember(text) {
    try { window.history.replaceState(null, "", text); } catch (ignored) { /* a page from a disk may not */ }
  }

  function mark(code) {
    Array.prototype.forEach.call(document.querySelectorAll("[data-gmina]"), function (node) {
      var chosen = node.getAttribute("data-gmina") === code;
      node.classList.toggle("is-selected", chosen);
      if (chosen) { node.setAttribute("aria-current", "true"); } else { node.removeAttribute("aria-current"); }
    });
  }

  function selection(map, data, groups) {
    var panel = document.getElementById("map-panel"), outline = null;
    map.createPane("metrogis-chosen").style.zIndex = 440;
    map.getPane("metrogis-chosen").style.pointerEvents = "none";
    function tell(nodes, focus) {
      if (!panel) { return; }
      panel.textContent = "";
      nodes.forEach(function (node) { panel.appendChild(node); });
      panel.hidden = !nodes.length;
      if (focus) { panel.focus({ preventScroll: true }); }
    }
    function link(code) {
      var line = element("p"), to = element("a", data.words.page);
      to.href = data.pages + encodeURIComponent(code) + ".html";
      line.appendChild(to);
      return line;
    }
    function gmina(code, move) {
      var place = data.codes.indexOf(code), found = null;
      if (outline) { map.removeLayer(outline); outline = null; }
      mark(code);
      if (place < 0) { return; }
      outline = L.geoJSON({ type: "Feature", geometry: data.ground[place], properties: {} }, {
        interactive: false, pane: "metrogis-chosen",
        style: { pane: "metrogis-chosen", color: "#c2410c", weight: 4, fill: false }
      }).addTo(map);
      if (!move) { return; }
      map.fitBounds(outline.getBounds(), { padding: [24, 24], maxZoom: 14 });
      data.layers.forEach(function (layer) {
        if (!found && layer.gmina && layer.features && layer.features[code]) { found = content(layer, layer.features[code].feature); }
      });
      if (!found) { found = element("div", null, "mg-popup"); found.appendChild(element("strong", data.names[place])); }
      tell([found, link(code)], true);
    }
    function feature(index, key) {
      var layer = data.layers[index], target = layer && layer.features && layer.features[key], at;
      if (!target) { return; }
      map.addLayer(groups[index]);
      if (target.getBounds) {
        map.fitBounds(target.getBounds(), { padding: [40, 40], maxZoom: 15 });
        at = target.getBounds().getCenter();
      } else {
        at = target.getLatLng();
        map.setView(at, Math.max(map.getZoom(), 13));
      }
      tell([content(layer, target.feature)], true);
      if (outline) { map.removeLayer(outline); }
      outline = L.circleMarker(at, { pane: "metrogis-chosen", interactive: false, radius: 18, color: "#c2410c", weight: 4, fill: false }).addTo(map);
    }
    function follow(first) {
      var asked = wanted(), index = -1;
      data.layers.forEach(function (layer, i) { if (asked.layer !== undefined && layer.key === asked.layer) { index = i; } });
      if (index >= 0) {
        groups.forEach(function (group, i) {
          var tick = document.getElementById("layer-" + i), on = i === index || (asked.row !== undefined && map.hasLayer(group));
          toggle(map, groups, i, on);
          if (tick) { tick.checked = on; }
        });
      }
      if (asked.gmina) { gmina(asked.gmina, true); }
      if (index >= 0 && asked.row !== undefined) { feature(index, asked.row); }
      if (asked.gmina || index >= 0) { map.getContainer().scrollIntoView({ block: first ? "start" : "nearest" }); }
    }
    groups.forEach(function (group, index) {
      group.on("click", function (event) {
        var layer = data.layers[index], target = event.layer || event.propagatedFrom, key;
        if (!target || !target.feature || !target.feature.properties.v) { return; }
        key = target.feature.properties.k;
        tell(layer.gmina ? [content(layer, target.feature), link(key)] : [content(layer, target.feature)], false);
        if (layer.gmina) { gmina(key, false); remember("#layer=" + encodeURIComponent(layer.key) + "&gmina=" + encodeURIComponent(key)); }
      });
    });
    function fit() { map.getContainer().classList.toggle("mg-panelled", Boolean(panel) && narrow(map)); }
    map.on("resize", fit);
    fit();
    window.addEventListener("hashchange", function () { follow(false); });
    follow(true);
  }

  function attribute(map, data) {
    // what Leaflet shows there is HTML: the text comes from the program, never from the data
    if (data.attribution && map.attributionControl) {
      map.attributionControl.addAttribution(data.attribution);
    }
  }

  function panes(map) {
    [["metrogis-ground", 250], ["metrogis-images", 350]].forEach(function (pane) {
      if (map.getPane(pane[0])) { return; }
      map.createPane(pane[0]).style.zIndex = pane[1];
      map.getPane(pane[0]).style.pointerEvents = "none";
    });
  }

  /* Shapes that a page keeps apart, each once and written short: see metrogis/maps/shapes.py. */
  function unfold(data, store) {
    var kinds = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"], units = 100000;
    var startX = 0, startY = 0, shapes;
    if (!store || data.unfolded) { return; }
    data.unfolded = true;
    function stroke(numbers, ring) {
      var corners = [], x = startX, y = startY, i;
      for (i = 0; i < numbers.length; i += 2) {
        x += numbers[i];
        y += numbers[i + 1];
        if (!i) { startX = x; startY = y; }
        corners.push([x / units, y / units]);
      }
      if (ring) { corners.push(corners[0].slice()); }
      return corners;
    }
    function rings(strokes) { return strokes.map(function (numbers) { return stroke(numbers, true); }); }
    shapes = store.map(function (written) {
      if (!Array.isArray(written)) { return written; }
      var kind = written[0], parts = written.slice(1), made;
      if (kind < 3) { made = stroke(parts[0], false); }
      else if (kind === 3) { made = parts.map(function (numbers) { return stroke(numbers, false); }); }
      else { made = kind === 4 ? rings(parts) : parts.map(rings); }
      return { type: kinds[kind], coordinates: kind === 0 ? made[0] : made };
    });
    function shape(number) { return shapes[number]; }
    data.ground = data.ground.map(shape);
    data.land.forEach(function (parts) { parts.forEach(function (part) { part.shapes = part.shapes.map(shape); }); });
    data.layers.forEach(function (layer) {
      layer.classes.forEach(function (item) { (item.rows || []).forEach(function (row) { row[0] = shape(row[0]); }); });
    });
  }

  function setUp(map, data) {
    var renderer = new HatchCanvas({ padding: 0.4, tolerance: 6 });
    map.options.renderer = renderer;
    if (data.guest) { /* somebody else's map: paths added from now on are drawn with hatches */
      map._renderer = renderer;
      panes(map);
      attribute(map, data);
      map.getContainer().classList.add("mg-map");
      return;
    }
    map.options.zoomSnap = data.basemap ? 1 : 0.25;
    map.options.minZoom = 5;
    map.options.maxZoom = 18;
    var box = map.getContainer();
    box.classList.add("mg-map");
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", data.title);
    L.control.zoom({ position: "bottomright", zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    tools(map, data);
    if (map.attributionControl) { map.attributionControl.setPrefix("Leaflet"); }
    attribute(map, data);
    map.on("popupopen", function (event) {
      var button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.setAttribute("aria-label", data.words.close); }
    });
    panes(map);
    L.geoJSON(data.ground.map(function (shape) {
      return { type: "Feature", geometry: shape, properties: {} };
    }), {
      interactive: false,
      pane: "metrogis-ground",
      style: { pane: "metrogis-ground", color: "#8d99a4", weight: 0.8, fillColor: "#fdfdfb", fillOpacity: data.basemap ? 0 : 1 }
    }).addTo(map);
    if (data.page) { /* a page scrolls: the map takes wheel and finger only when it is wanted */
      map.scrollWheelZoom.disable();
      map.on("click focus", function () { map.scrollWheelZoom.enable(); });
      map.on("blur", function () { map.scrollWheelZoom.disable(); });
      if (window.matchMedia && window.matchMedia("(pointer: coarse)").matches) { map.dragging.disable(); }
    }
  }

  function toggle(map, groups, index, shown) {
    if (shown) { map.addLayer(groups[index]); } else { map.removeLayer(groups[index]); }
    groups.forEach(function (group) { /* what is switched on again keeps its place in the pile */
      if (map.hasLayer(group)) { group.bringToFront(); }
    });
  }

  function legend(map, data, groups) {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = element("details", null, "mg-legend leaflet-bar");
      box.open = map.getSize().x > 640;
      box.appendChild(element("summary", data.words.legend));
      data.layers.forEach(function (layer, index) {
        var part = element("fieldset"), head = element("legend"), label = element("label");
        var tick = element("input"), list = element("ul");
        tick.type = "checkbox"; tick.checked = layer.shown;
        tick.addEventListener("change", function () { toggle(map, groups, index, tick.checked); });
        label.appendChild(tick);
        label.appendChild(element("span", layer.heading));
        head.appendChild(label); part.appendChild(head);
        layer.classes.concat(layer.under).forEach(function (item, place) {
          var row = element("li");
          row.appendChild(swatch(place < layer.classes.length ? layer.shape : "polygon", item.style));
          row.appendChild(element("span", item.label));
          row.appendChild(element("span", item.count, "mg-count"));
          list.appendChild(row);
        });
        part.appendChild(list);
        layer.notes.forEach(function (note) { part.appendChild(element("p", note)); });
        box.appendChild(part);
      });
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  function finish(map, data, groups) {
    underlay(map, data, groups);
    if (data.opening) { homeButton(map, data); }
    if (data.places.length) { labels(map, data.places); }
    if (groups.length) { toggle(map, groups, 0, map.hasLayer(groups[0])); }
    if (!data.page) {
      legend(map, data, groups);
      if (data.opening) { show(map, data.opening); }
      return;
    }
    groups.forEach(function (group, index) {
      var tick = document.getElementById("layer-" + index);
      if (!tick) { return; }
      tick.disabled = false;
      tick.checked = map.hasLayer(group);
      tick.addEventListener("change", function () { toggle(map, groups, index, tick.checked); });
    });
    var home = document.getElementById("map-home");
    if (home) {
      home.hidden = false;
      home.addEventListener("click", function () { show(map, data.bounds); });
    }
    document.documentElement.classList.add("map-ready");
    map.invalidateSize();
    show(map, data.opening || data.bounds);
    window.metrogis.map = map;
    selection(map, data, groups);
  }

  window.metrogis = { unfold: unfold, setUp: setUp, classLayer: classLayer, imageLayer: imageLayer, finish: finish, data: window.metrogisData };
}());
