// Says what S3 would say on a page of its own, and before the file is sent. Without it the page works all the same.
(() => {
  const form = document.getElementById("upload");
  const field = form.elements.namedItem("file");
  const button = form.querySelector("button");
  const wrong = (file) => {
    if (!form.dataset.suffixes.split(" ").some((suffix) => file.name.toLowerCase().endsWith(suffix))) return form.dataset.kind;
    if (file.size > Number(form.dataset.most)) return form.dataset.large;
    return file.size ? "" : form.dataset.empty;
  };
  field.addEventListener("change", () => {
    field.setCustomValidity(field.files.length ? wrong(field.files[0]) : "");
    field.reportValidity();
  });
  form.addEventListener("submit", () => {
    button.disabled = true;
    button.textContent = form.dataset.sending;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
