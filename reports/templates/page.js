(function () {
  "use strict";
  var page = document;
  page.documentElement.className += " scripted";
  function copy(button) {
    var text = button.parentNode.querySelector("code, textarea, pre").textContent;
    function done(word) {
      button.textContent = word;
      setTimeout(function () { button.textContent = "Copy"; }, 2000);
    }
    function old() {
      var area = page.createElement("textarea");
      area.value = text;
      page.body.appendChild(area);
      area.select();
      done(page.execCommand("copy") ? "Copied" : "Copy failed");
      area.remove();
    }
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(function () { done("Copied"); }, old);
    } else {
      old();
    }
  }
  page.querySelectorAll("button.copy").forEach(function (button) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", function () { copy(button); });
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(page.querySelectorAll("#smtp365 details:not([open])"));
    opened.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (one) { one.open = false; });
  });
  function renderRows(button) {
    var section = page.getElementById("pytest-table");
    function render(rows) {
      page.getElementById("data-container").dataset.jsonblob = rows;
      var script = page.createElement("script");
      script.textContent = page.getElementById("pytest-script").textContent;
      section.className = "";
      page.body.appendChild(script);
      page.getElementById("pytest-scroll").focus();
    }
    function failed() { button.textContent = "This browser cannot decompress the table"; }
    button.disabled = true;
    button.textContent = "Rendering the table";
    try {
      var text = atob(page.getElementById("pytest-rows").textContent);
      var octets = Uint8Array.from(text, function (one) { return one.charCodeAt(0); });
      var stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("gzip"));
      new Response(stream).text().then(render).catch(failed);
    } catch (problem) {
      failed();
    }
  }
  page.addEventListener("click", function (event) {
    if (event.target.id === "show-rows") { renderRows(event.target); }
  });
  page.addEventListener("keydown", function (event) {
    var on = event.target;
    if ((event.key === "Enter" || event.key === " ") && on.matches && on.matches("th.sortable, td.col-result")) {
      event.preventDefault();
      on.click();
    }
  });
})();
