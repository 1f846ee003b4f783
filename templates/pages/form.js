/* A form's questions follow from each other, and what was typed survives a lost connection. Without this all is shown. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-draft]");
  if (!form) { return; }
  var key = form.dataset.draft, version = form.dataset.version, note = document.getElementById("draft");

  function said(name) {
    return Array.prototype.filter.call(form.elements, function (one) {
      return one.name === name && !one.disabled && (one.type === "radio" || one.type === "checkbox" ? one.checked : true);
    }).map(function (one) { return one.value; });
  }

  function follow() {
    form.querySelectorAll("[data-shown-by]").forEach(function (part) {
      var wanted = part.dataset.shownIs.split("|");
      var shown = said(part.dataset.shownBy).some(function (one) { return wanted.indexOf(one) >= 0; });
      part.hidden = !shown;
      part.querySelectorAll("input, select, textarea").forEach(function (one) { one.disabled = !shown; });
    });
    var sessions = said("sessions");
    form.querySelectorAll("[data-both]").forEach(function (notice) {
      notice.hidden = !notice.dataset.both.split("|").every(function (one) { return sessions.indexOf(one) >= 0; });
    });
  }

  function fields() {
    return Array.prototype.filter.call(form.elements, function (one) {
      return one.name && one.name !== "consent" && one.type !== "hidden" && !one.closest("[data-file]");
    });
  }

  function keep() {
    var kept = fields().map(function (one) {
      return one.type === "radio" || one.type === "checkbox" ? one.checked : one.value;
    });
    try { localStorage.setItem(key, JSON.stringify({ version: version, at: Date.now(), kept: kept })); } catch (full) { }
  }

  function forget() {
    try { localStorage.removeItem(key); } catch (none) { }
  }

  function restore() {
    var draft = null;
    try { draft = JSON.parse(localStorage.getItem(key)); } catch (none) { }
    if (!draft) { return; }
    if (draft.version !== version || draft.kept.length !== fields().length || Date.now() - draft.at > 14 * 864e5) {
      forget();
      return;
    }
    fields().forEach(function (one, number) {
      if (one.type === "radio" || one.type === "checkbox") { one.checked = draft.kept[number]; } else { one.value = draft.kept[number]; }
    });
    note.hidden = false;
  }

  document.querySelectorAll(".when").forEach(function (hint) { hint.hidden = true; });
  if (!form.dataset.refused) { restore(); }
  follow();
  form.addEventListener("input", function () { follow(); keep(); });
  form.addEventListener("change", function () { follow(); keep(); });
  note.querySelector("button").addEventListener("click", function () { forget(); location.reload(); });
})();
