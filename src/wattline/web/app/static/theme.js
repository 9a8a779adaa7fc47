(function () {
  "use strict";
  try {
    var chosen = localStorage.getItem("wattline-theme");
    if (chosen === "dark" || chosen === "light") { document.documentElement.setAttribute("data-theme", chosen); }
  } catch (error) { /* no storage: the system's colours */ }
  document.documentElement.classList.add("js");
})();
