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
      done(page.execCommand("copy") ? "Copied" : "Not copied");
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
  page.addEventListener("keydown", function (event) {
    var on = event.target;
    if ((event.key === "Enter" || event.key === " ") && on.matches && on.matches("th.sortable, td.col-result")) {
      event.preventDefault();
      on.click();
    }
  });
})();
