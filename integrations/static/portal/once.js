// What a hasty hand does: a button pressed twice, Enter pressed before what was found is there.

// A dialog is sent once. It may be sent again only after it came back with something to correct.
function isInDialog(form) {
  return form instanceof HTMLFormElement && Boolean(form.closest("#dialog"));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!isInDialog(form)) {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  const leaves = event.detail.xhr?.getResponseHeader("HX-Redirect");
  if (isInDialog(form) && !leaves && event.detail.xhr?.readyState === XMLHttpRequest.DONE) {
    delete form.dataset.sent;
  }
});

// So is a form that changes something and leads to another page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // What is a download leaves the page where it is: it may be asked for again.
  setTimeout(() => delete form.dataset.sent, 3000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// The palette: Enter opens what was found for what stands there now, never what was found for something before.
const found = { asked: "", shown: "", isWaiting: false };

function paletteInput() {
  return document.getElementById("search-input-command");
}

document.addEventListener(
  "keydown",
  (event) => {
    const input = event.target;
    if (input !== paletteInput() || event.key !== "Enter") {
      return;
    }
    const words = input.value.trim();
    if (words && words !== found.shown) {
      event.preventDefault();
      event.stopImmediatePropagation();
      found.isWaiting = true;
    }
  },
  true,
);
document.addEventListener("input", (event) => {
  if (event.target === paletteInput()) {
    found.isWaiting = false;
  }
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === paletteInput()) {
    found.asked = event.detail.elt.value.trim();
  }
});
// An answer that comes after the words were changed or the palette was closed is no longer asked for.
document.addEventListener("htmx:beforeSwap", (event) => {
  const input = paletteInput();
  if (input && event.detail.requestConfig?.elt === input && input.value.trim() !== found.asked) {
    event.detail.shouldSwap = false;
  }
});
window.addEventListener("palette-emptied", () => {
  found.shown = "";
  found.isWaiting = false;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const input = paletteInput();
  if (!input || event.detail.elt?.id !== "command-results") {
    return;
  }
  found.shown = found.asked;
  if (found.isWaiting && input.value.trim() === found.shown) {
    found.isWaiting = false;
    document.querySelector("#command-results-list a[data-found]")?.click();
  }
});
