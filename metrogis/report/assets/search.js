/* Search by name on every page: the index is a script, read when the field is first used. */
(function () {
  "use strict";
  var form = document.querySelector("form[role=search]"), most = 12;
  if (!form) { return; }
  var field = document.getElementById("search"), list = document.getElementById("search-results");
  var status = document.getElementById("search-status"), asked = false;

  /* Letters without their marks; those whose stroke is no mark of its own one by one. */
  function fold(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/\u0142/g, "l").replace(/\u00f8/g, "o").replace(/\u0111/g, "d").replace(/\u00df/g, "ss");
  }

  function load() {
    var script;
    if (asked) { return; }
    asked = true;
    script = document.createElement("script");
    script.src = form.getAttribute("data-index");
    script.addEventListener("load", show);
    document.head.appendChild(script);
  }

  function show() {
    var words = fold(field.value).split(/\s+/).filter(Boolean), found = [], entries = window.metrogisSearch;
    list.textContent = "";
    list.hidden = true;
    status.textContent = "";
    if (!words.length || !entries) { return; }
    entries.entries.forEach(function (entry, place) {
      var name = fold(entry[0]), at = name.indexOf(words[0]);
      if (words.every(function (word) { return name.indexOf(word) >= 0; })) {
        found.push([at === 0 ? 0 : name.charAt(at - 1) === " " ? 1 : 2, place, entry]);
      }
    });
    found.sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; });
    found.slice(0, most).forEach(function (item) {
      var row = document.createElement("li"), link = document.createElement("a"), kind = document.createElement("small");
      link.textContent = item[2][0];
      link.href = form.getAttribute("data-root") + item[2][2];
      kind.textContent = entries.kinds[item[2][1]];
      link.appendChild(kind);
      row.appendChild(link);
      list.appendChild(row);
    });
    list.hidden = !found.length;
    status.textContent = found.length ? form.getAttribute("data-found") + found.length : form.getAttribute("data-none");
  }

  field.addEventListener("focus", load);
  field.addEventListener("input", function () { load(); show(); });
  form.addEventListener("submit", function (event) {
    var first = list.querySelector("a");
    event.preventDefault();
    if (first) { first.click(); }
  });
  form.addEventListener("keydown", function (event) {
    var links = Array.prototype.slice.call(list.querySelectorAll("a")), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { list.hidden = true; field.focus(); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || !links.length) { return; }
    event.preventDefault();
    at += event.key === "ArrowDown" ? 1 : -1;
    list.hidden = false;
    if (at < 0) { field.focus(); } else { links[Math.min(at, links.length - 1)].focus(); }
  });
  document.addEventListener("click", function (event) { if (!form.contains(event.target)) { list.hidden = true; } });
  list.addEventListener("click", function () { list.hidden = true; });
}());
