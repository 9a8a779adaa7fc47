(function () {
  "use strict";
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };

  // light or dark: the address (#dark, #light), then what was chosen before, then the system
  var button = byId("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function stored(value) {
    try {
      if (value) { localStorage.setItem("wattline-theme", value); }
      return localStorage.getItem("wattline-theme");
    } catch (error) { return null; }
  }
  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : system.matches;
  }
  function show(theme) {
    if (theme === "dark" || theme === "light") { root.setAttribute("data-theme", theme); }
    button.textContent = isDark() ? "Light" : "Dark";
  }
  show(location.hash === "#dark" || location.hash === "#light" ? location.hash.slice(1) : stored());
  button.hidden = false;
  button.addEventListener("click", function () {
    var next = isDark() ? "light" : "dark";
    stored(next);
    show(next);
  });
  system.addEventListener("change", function () { show(); });

  // the facts: show the rows that hold every word
  var field = byId("fact-search");
  if (field) {
    var rows = Array.prototype.slice.call(document.querySelectorAll("table.facts tbody tr"));
    field.closest(".search").hidden = false;
    field.addEventListener("input", function () {
      var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      var count = 0;
      rows.forEach(function (row) {
        var text = row.textContent.toLowerCase();
        var fits = words.every(function (word) { return text.indexOf(word) >= 0; });
        row.hidden = !fits;
        count += fits ? 1 : 0;
      });
      byId("fact-count").textContent = words.length ? count + " / " + rows.length : "";
    });
  }

  // the numbers, for other programs
  var save = byId("save");
  save.hidden = false;
  save.addEventListener("click", function () {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([byId("run").textContent], { type: "application/json" }));
    link.download = "wattline.json";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  });

  // paper shows what is folded away on the screen, but for the facts and the scenario
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("article details:not([open])"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) { details.open = false; });
  });
})();
