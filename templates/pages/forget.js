/* What was typed into the registration form is forgotten once the server has taken it, or has erased the person. */
(function () {
  "use strict";
  var taken = document.querySelector("[data-taken]"), came = performance.getEntriesByType("navigation")[0], draft = null;
  try {
    draft = JSON.parse(localStorage.getItem(taken.dataset.taken));
    // A draft of this very version is a change that is still being typed, unless the form's own redirect led here.
    if (draft && draft.version === taken.dataset.version && !(came && came.redirectCount)) { return; }
    localStorage.removeItem(taken.dataset.taken);
  } catch (none) { }
})();
