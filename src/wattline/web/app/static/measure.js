(function () {
  "use strict";
  var live = document.getElementById("live"), plot = document.getElementById("live-plot");
  if (!plot) { return; }
  var total = document.getElementById("live-total"), times = [], watts = [], chart = null, begun = Date.now();
  var style = getComputedStyle(document.documentElement);
  function colour(name) { return style.getPropertyValue(name).trim(); }
  function options() {
    var axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    return {
      width: plot.clientWidth, height: 240, cursor: { y: false }, legend: { show: false },
      scales: { x: { time: false, range: function (u, low, high) { return [Math.max(0, high - 600), Math.max(60, high)]; } }, y: { range: function (u, low, high) { return [0, (high || 1) * 1.1]; } } },
      axes: [Object.assign({ label: live.dataset.seconds, labelSize: 20 }, axis), Object.assign({ values: function (u, ticks) { return ticks.map(function (tick) { return tick + " W"; }); }, size: 70 }, axis)],
      series: [{}, { stroke: colour("--chip"), width: 2, fill: colour("--chip") + "22", label: live.dataset.total }]
    };
  }
  function shown(value) { return value === null ? live.dataset.unknown : value.toFixed(value < 100 ? 1 : 0) + " W"; }
  var source = new EventSource("/measure/live");
  source.onmessage = function (event) {
    var rows = JSON.parse(event.data), sum = 0, known = false;
    var keys = rows.map(function (row) { return row.uuid; });
    rows.forEach(function (row) {
      var inside = row.inside && keys.some(function (key) { return row.inside.endsWith("/" + key) && key !== row.uuid; });
      if (row.power_w !== null && !inside) { sum += row.power_w; known = true; }
      Array.prototype.forEach.call(live.querySelectorAll("tr[data-uuid]"), function (line) {
        if (line.dataset.uuid === row.uuid) { line.querySelector(".num").textContent = shown(row.power_w); }
      });
    });
    total.textContent = shown(known ? sum : null);
    times.push((Date.now() - begun) / 1000);
    watts.push(known ? sum : null);
    if (times.length > 600) { times.shift(); watts.shift(); }
    if (!chart) { chart = new uPlot(options(), [times, watts], plot); } else { chart.setData([times, watts]); }
  };
  window.addEventListener("resize", function () { if (chart) { chart.setSize({ width: plot.clientWidth, height: 240 }); } });
  window.addEventListener("pagehide", function () { source.close(); });
})();
