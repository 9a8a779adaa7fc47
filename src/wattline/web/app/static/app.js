(function () {
  "use strict";
  var root = document.documentElement;
  function each(selector, action, within) { Array.prototype.forEach.call((within || document).querySelectorAll(selector), action); }
  function read(key) { try { return JSON.parse(localStorage.getItem(key) || "[]"); } catch (error) { return []; } }
  function write(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch (error) { /* full or off */ } }
  function make(tag, text, attributes) {
    var element = document.createElement(tag);
    element.textContent = text || "";
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    return element;
  }

  // light or dark
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var button, recent, bar, answer;
  function isDark() { var chosen = root.getAttribute("data-theme"); return chosen ? chosen === "dark" : system.matches; }
  function name() { button.textContent = isDark() ? button.dataset.light : button.dataset.dark; }
  function beginTop() {
    button = document.getElementById("app-theme");
    button.hidden = false;
    name();
    button.addEventListener("click", function () {
      var next = isDark() ? "light" : "dark";
      root.setAttribute("data-theme", next);
      try { localStorage.setItem("wattline-theme", next); } catch (error) { /* off */ }
      name();
    });
    system.addEventListener("change", name);
    // on a phone the menu is a row that scrolls
    var here = document.querySelector(".menu [aria-current]");
    if (here) { here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - 60; }
  }

  // what was asked last stays in this browser
  var RECENT = "wattline-recent", KEPT = "wattline-compare";
  function local(address) { return typeof address === "string" && /^\/(?![\/\\])/.test(address); }
  function remember(result) {
    var address = result.dataset.address;
    var rest = read(RECENT).filter(function (item) { return item.address !== address; });
    write(RECENT, [{ address: address, title: result.dataset.title }].concat(rest).slice(0, 8));
  }
  function beginRecent() {
    recent = document.getElementById("recent");
    if (!recent) { return; }
    var items = read(RECENT).filter(function (item) { return item && local(item.address); });
    items.forEach(function (item) {
      var row = make("li");
      row.appendChild(make("a", item.title, { href: item.address }));
      recent.querySelector("ul").appendChild(row);
    });
    recent.hidden = !items.length;
    recent.querySelector("button").addEventListener("click", function () { write(RECENT, []); recent.hidden = true; });
  }

  // answers kept for comparison
  function kept() { return read(KEPT).filter(function (item) { return item && local(item.address); }); }
  function drawBar() {
    bar = document.getElementById("compare-bar");
    if (!bar) { return; }
    var list = kept();
    bar.hidden = list.length < 1 || location.pathname === "/side-by-side";
    bar.textContent = "";
    if (bar.hidden) { return; }
    bar.appendChild(make("span", bar.dataset.one + " " + list.map(function (item) { return item.title; }).join(" · ")));
    if (list.length > 1) {
      var query = list.map(function (item) { return "q=" + encodeURIComponent(item.address); }).join("&");
      bar.appendChild(make("a", bar.dataset.label + " (" + list.length + ")", { href: "/side-by-side?" + query, "class": "go" }));
    }
    var clear = make("button", bar.dataset.clear, { type: "button", "class": "small" });
    clear.addEventListener("click", function () { write(KEPT, []); drawBar(); });
    bar.appendChild(clear);
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-compare]");
    if (link) {
      event.preventDefault();
      var rest = kept().filter(function (item) { return item.address !== link.dataset.compare; });
      write(KEPT, rest.concat([{ address: link.dataset.compare, title: link.dataset.name }]).slice(-6));
      drawBar();
      return;
    }
    var copy = event.target.closest && event.target.closest("[data-copy]");
    if (copy) {
      var before = copy.textContent;
      navigator.clipboard.writeText(location.origin + copy.dataset.copy).then(function () {
        copy.textContent = copy.dataset.done;
        setTimeout(function () { copy.textContent = before; }, 1500);
      });
    }
  });

  // the facts of an answer: show the rows that hold every word
  function searchFacts(within) {
    each("#fact-search", function (field) {
      var rows = Array.prototype.slice.call(document.querySelectorAll("table.facts tbody tr"));
      field.closest(".search").hidden = false;
      field.addEventListener("input", function () {
        var words = field.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
        rows.forEach(function (row) {
          var text = row.textContent.toLowerCase();
          row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
          count += row.hidden ? 0 : 1;
        });
        document.getElementById("fact-count").textContent = words.length ? count + " / " + rows.length : "";
      });
    }, within);
  }

  // progress of what is worked on
  var source = null, shown = null, clock = 0;
  function end() {
    if (source) { source.close(); }
    source = null;
    clearInterval(clock);
  }
  function follow(working) {
    working.querySelector("form").addEventListener("submit", function (event) {
      event.preventDefault();
      fetch(event.target.action, { method: "POST", headers: { "HX-Request": "true" } }).catch(lost);
    });
    var same = source && shown.dataset.job === working.dataset.job;
    shown = working;
    if (same) { return; }
    end();
    source = new EventSource("/jobs/" + working.dataset.job + "/events");
    var begun = Date.now();
    clock = setInterval(function () {
      if (!shown.isConnected) { end(); return; }  // another answer stands there by now
      shown.querySelector(".elapsed").textContent = Math.round((Date.now() - begun) / 1000) + " s";
    }, 1000);
    source.addEventListener("running", function (event) {
      var text = event.data.replace(/^\S+ ?/, "");
      if (text) { shown.querySelector(".words").textContent = text; }
    });
    ["done", "failed", "cancelled"].forEach(function (state) {
      source.addEventListener(state, function () {
        end();
        if (shown.isConnected && shown.dataset.follow && window.htmx) { htmx.ajax("GET", "/jobs/" + shown.dataset.job + "/part", { target: "#answer" }); }
      });
    });
    source.onerror = function () {
      if (!source || source.readyState !== EventSource.CLOSED) { return; }
      end();
      if (shown.isConnected && shown.dataset.follow) { lost(); }
    };
  }
  // what was asked, and no answer came: the app was ended, or refused
  function lost() {
    if (!answer) { return; }
    answer.textContent = "";
    answer.appendChild(make("div", answer.dataset.lost, { "class": "trouble", role: "alert" }));
  }
  function look(within) {
    each(".working", function (working) {
      if (!working.dataset.seen) { working.dataset.seen = "1"; follow(working); }
    }, within);
    each("article.result", function (result) {
      if (!result.dataset.seen) { result.dataset.seen = "1"; remember(result); searchFacts(result); }
    }, within);
    each("[data-copy]", function (copy) { copy.hidden = !(navigator.clipboard && window.isSecureContext); }, within);
  }
  // a page may still be coming while its answer is worked on, so that each part begins when it is there
  function beginAnswer() {
    answer = document.getElementById("answer");
    look(document);
    new MutationObserver(function () { look(document); }).observe(document.getElementById("content"), { childList: true, subtree: true });
    document.body.addEventListener("htmx:beforeRequest", function () { if (answer) { answer.setAttribute("aria-busy", "true"); } });
    document.body.addEventListener("htmx:afterRequest", function () { if (answer) { answer.setAttribute("aria-busy", "false"); } });
    ["htmx:sendError", "htmx:responseError"].forEach(function (name) { document.body.addEventListener(name, lost); });
  }
  function whenThere(id, action) {
    if (document.getElementById(id)) { action(); return; }
    var watch = new MutationObserver(function () {
      if (document.getElementById(id)) { watch.disconnect(); action(); }
    });
    watch.observe(root, { childList: true, subtree: true });
  }
  whenThere("app-theme", beginTop);
  whenThere("content", beginAnswer);
  whenThere("compare-bar", function () { beginRecent(); drawBar(); });
  // a file that was chosen is sent at once
  document.addEventListener("change", function (event) {
    if (event.target.type === "file" && event.target.files.length) {
      event.stopPropagation();
      var form = event.target.form;
      form.setAttribute("method", "post");
      form.setAttribute("enctype", "multipart/form-data");
      HTMLFormElement.prototype.submit.call(form);
    }
  }, true);
})();
