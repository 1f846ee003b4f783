/* A button beside a field copies what stands in it. Without this there is no button, and the field can be marked. */
(function () {
  "use strict";
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    var field = document.getElementById(button.dataset.copy);
    field.addEventListener("focus", function () { field.select(); });
    if (!navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(field.value).then(function () { button.textContent = button.dataset.done; });
    });
  });
  // After a new address was made, the page shows it.
  var opened = location.hash === "#subscribe" && document.getElementById("subscribe");
  if (opened) { opened.open = true; }
})();
