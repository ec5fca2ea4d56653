/* Sortable tables. Without this script they are plain tables. */
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");
  if (/[#&]embed=1/.test(window.location.hash)) { document.documentElement.classList.add("embedded"); }
  var language = document.documentElement.lang || "en";
  var collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });

  function value(row, column) {
    var cell = row.cells[column], raw = cell.getAttribute("data-v");
    return { known: raw !== null, number: raw === null ? NaN : Number(raw), text: cell.textContent.trim() };
  }

  function sort(table, column, numeric, down) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    rows.map(function (row, index) { return { row: row, index: index, value: value(row, column) }; })
      .sort(function (a, b) {
        var order;
        if (numeric) { /* what is not known stands last, whichever way */
          if (a.value.known !== b.value.known) { return a.value.known ? -1 : 1; }
          order = a.value.known ? a.value.number - b.value.number : 0;
        } else {
          order = collator.compare(a.value.text, b.value.text);
        }
        return (down ? -order : order) || a.index - b.index;
      })
      .forEach(function (item) { body.appendChild(item.row); });
  }

  Array.prototype.forEach.call(document.querySelectorAll("table[data-sortable]"), function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button"), numeric = head.classList.contains("num");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.textContent = "";
      head.classList.add("sortable");
      head.appendChild(button);
      button.addEventListener("click", function () {
        var now = head.getAttribute("aria-sort");
        var down = now ? now === "ascending" : numeric;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, numeric, down);
      });
    });
  });
}());
