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

  /* Canvas cannot take CSS patterns: states that are not known are hatched here. */
  var patterns = {};
  function hatch(ctx, colour) {
    if (!patterns[colour]) {
      var tile = document.createElement("canvas"), size = 8, pen;
      tile.width = tile.height = size;
      pen = tile.getContext("2d");
      pen.fillStyle = colour;
      pen.fillRect(0, 0, size, size);
      pen.strokeStyle = "rgba(60, 60, 60, .6)";
      pen.lineWidth = 1.1;
      pen.beginPath();
      [-size, 0, size].forEach(function (x) { pen.moveTo(x - 1, size + 1); pen.lineTo(x + size + 1, -1); });
      pen.stroke();
      patterns[colour] = ctx.createPattern(tile, "repeat");
    }
    return patterns[colour];
  }
  var HatchCanvas = L.Canvas.extend({
    _fillStroke: function (ctx, layer) {
      var options = layer.options, colour;
      if (options.hatch && options.fill) {
        colour = options.fillColor;
        options.fillColor = hatch(ctx, colour);
        L.Canvas.prototype._fillStroke.call(this, ctx, layer);
        options.fillColor = colour;
      } else {
        L.Canvas.prototype._fillStroke.call(this, ctx, layer);
      }
    }
  });

  function swatch(item) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path, i;
    svg.setAttribute("width", "22"); svg.setAttribute("height", "16");
    svg.setAttribute("aria-hidden", "true"); svg.setAttribute("focusable", "false");
    function part(d, fill, stroke, width) {
      path = document.createElementNS(ns, "path");
      path.setAttribute("d", d); path.setAttribute("fill", fill);
      path.setAttribute("stroke", stroke); path.setAttribute("stroke-width", width);
      svg.appendChild(path);
    }
    if (item.shape === "line") { part("M1 8H21", "none", item.colour, Math.max(3, item.weight)); }
    else if (item.shape === "point") { part("M11 2a6 6 0 1 0 .01 0z", item.colour, "#333", 1); }
    else { part("M1 1H21V15H1z", item.colour, "#555", 1); }
    if (item.hatch) {
      for (i = 0; i < 4; i += 1) { part("M" + (2 + 5 * i) + " 15l5 -14", "none", "#444", 1); }
    }
    return svg;
  }

  function content(layer, feature) {
    var box = element("div", null, "mg-popup"), values = feature.properties.v, list, i;
    if (!values) {
      box.appendChild(element("strong", feature.properties.c));
      return box;
    }
    box.appendChild(element("strong", values.length ? values[0] : layer.title));
    list = element("dl");
    for (i = values.length ? 1 : 0; i < values.length; i += 1) {
      list.appendChild(element("dt", layer.heads[i]));
      list.appendChild(element("dd", values[i]));
    }
    if (list.firstChild) { box.appendChild(list); }
    return box;
  }

  function hint(layer, feature) {
    var box = element("span"), values = feature.properties.v;
    if (values && values.length) {
      box.appendChild(element("strong", values[0]));
      box.appendChild(element("br"));
    }
    box.appendChild(element("span", feature.properties.c));
    return box;
  }

  /* One L.geoJSON per class: one style, one popup binding, whatever the number of features. */
  function classLayer(layer, index) {
    var item = layer.classes[index], solid = layer.shape === "line";
    var style = {
      color: solid ? item.colour : item.edge,
      weight: layer.weight,
      opacity: solid ? 0.95 : 0.8,
      fillColor: item.colour,
      fillOpacity: layer.opacity,
      hatch: item.hatch
    };
    var group = L.geoJSON({
      type: "FeatureCollection",
      features: item.rows.map(function (row) {
        return { type: "Feature", geometry: row[0], properties: { v: row[1], c: item.label } };
      })
    }, {
      style: style,
      pointToLayer: function (feature, latlng) {
        return L.circleMarker(latlng, L.extend({ radius: layer.radius }, style));
      }
    });
    group.bindPopup(function (target) { return content(layer, target.feature); }, { maxWidth: 320 });
    group.bindTooltip(function (target) { return hint(layer, target.feature); }, { sticky: true });
    group.on("mouseover", function (event) {
      if (event.layer.setStyle) { event.layer.setStyle({ weight: layer.weight + 2 }); }
    });
    group.on("mouseout", function (event) {
      if (event.layer.setStyle) { event.layer.setStyle({ weight: layer.weight }); }
    });
    return group;
  }

  /* A raster: under all places, above the ground. */
  function imageLayer(layer) {
    return L.imageOverlay(layer.image.address, layer.image.bounds, {
      pane: "metrogis-images", interactive: false, alt: "", className: "mg-image"
    });
  }

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

  function setUp(map, data) {
    map.options.renderer = new HatchCanvas({ padding: 0.4, tolerance: 6 });
    map.options.zoomSnap = data.basemap ? 1 : 0.25;
    map.options.minZoom = 5;
    map.options.maxZoom = 18;
    var box = map.getContainer();
    box.classList.add("mg-map");
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", data.title);
    L.control.zoom({ zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    if (map.attributionControl) { map.attributionControl.setPrefix("Leaflet"); }
    map.on("popupopen", function (event) {
      var button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.setAttribute("aria-label", data.words.close); }
    });
    [["metrogis-ground", 250], ["metrogis-images", 350]].forEach(function (pane) {
      map.createPane(pane[0]).style.zIndex = pane[1];
      map.getPane(pane[0]).style.pointerEvents = "none";
    });
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
        layer.classes.forEach(function (item) {
          var row = element("li");
          row.appendChild(swatch({ colour: item.colour, hatch: item.hatch, shape: layer.shape, weight: layer.weight }));
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
    if (data.places.length) { labels(map, data.places); }
    if (groups.length) { toggle(map, groups, 0, map.hasLayer(groups[0])); }
    if (!data.page) { legend(map, data, groups); return; }
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
      home.addEventListener("click", function () { map.fitBounds(data.bounds, { padding: [8, 8] }); });
    }
    document.documentElement.classList.add("map-ready");
    map.invalidateSize();
    map.fitBounds(data.bounds, { padding: [8, 8] });
    window.metrogis.map = map;
  }

  window.metrogis = { setUp: setUp, classLayer: classLayer, imageLayer: imageLayer, finish: finish, data: window.metrogisData };
}());
