// What a screen reader would otherwise read out wrongly, and what a keyboard could not reach.

const NAMES = {
  dock_to_right: "Show or hide the menu",
  close: "Close",
  more_horiz: "More actions",
  calendar_today: "Choose a date",
};

// Icons are words in a font ("refresh"). Beside a text they say nothing of their own; alone they are the only name.
function hideIconsBesideText(root) {
  for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-hidden], [role])")) {
    const named = icon.closest("a, button, [role=button]") ?? icon.parentElement;
    if (named !== icon && named.textContent.replace(icon.textContent, "").trim()) {
      icon.setAttribute("aria-hidden", "true");
    }
  }
}

// Things that are clicked but are neither links nor buttons: reached by Tab, pressed by Enter and Space.
function letTheKeyboardPress(root) {
  const clicked = "[x-on\\:click]:not(a[href], button, input, select, textarea, [role])";
  for (const thing of root.querySelectorAll(clicked)) {
    const text = thing.textContent.trim();
    if (!text) {
      continue; // the veil behind a dialog; Escape closes it
    }
    thing.setAttribute("role", "button");
    thing.setAttribute("tabindex", "0");
    if (NAMES[text]) {
      thing.setAttribute("aria-label", NAMES[text]);
    }
    thing.addEventListener("keydown", (event) => {
      if (event.target === thing && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        thing.click();
      }
    });
  }
}

// Links and buttons that are nothing but an icon.
function nameBareIcons(root) {
  for (const thing of root.querySelectorAll("a:not([aria-label]), button:not([aria-label])")) {
    const name = NAMES[thing.textContent.trim()];
    if (name) {
      thing.setAttribute("aria-label", name);
    }
  }
}

// On a phone each cell carries its column's name. unfold calls a first column without a link "Select record".
function nameFirstColumn() {
  const heads = document.querySelectorAll("#result_list thead th");
  for (const cell of document.querySelectorAll("#result_list tbody tr > td:first-child")) {
    if (heads.length && !cell.querySelector("input[type=checkbox]")) {
      cell.dataset.label = heads[0].innerText.trim() || cell.dataset.label;
    }
  }
}

// What is done cannot be cancelled any more.
function offerToClose(root) {
  const leave = document.querySelector("#dialog [data-leave]");
  if (leave && root.id === "dialog-form" && root.getAttribute("role") === "status") {
    leave.textContent = "Close";
  }
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") {
    return field.checked !== field.defaultChecked;
  }
  if (field instanceof HTMLSelectElement && !field.multiple) {
    const saved = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(saved, 0);
  }
  if (field instanceof HTMLSelectElement) {
    return [...field.options].some((option) => option.selected !== option.defaultSelected);
  }
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

// What is typed and not saved, or was refused when it was saved.
function isUnsaved() {
  const form = document.querySelector("form.warn-unsaved-form");
  const fields = form ? [...form.querySelectorAll("input, select, textarea")] : [];
  return fields.some(isChanged) || Boolean(form?.querySelector(".errornote"));
}

// A dialog about what is saved says so where the page holds something else.
function askToSaveFirst(root) {
  const warning = root.querySelector?.("[data-unsaved]");
  if (warning && isUnsaved()) {
    warning.hidden = false;
    warning.closest("#dialog").querySelector("button[type=submit]").hidden = true;
  }
}

async function copy(button) {
  const shown = document.querySelector(button.dataset.copy);
  const told = button.parentElement.querySelector("[role=status]");
  getSelection().selectAllChildren(shown);
  try {
    // Without TLS there is no clipboard but the old way.
    await (navigator.clipboard?.writeText(shown.textContent) ?? oldCopy());
    told.textContent = "Copied.";
  } catch {
    told.textContent = "It is selected. Press Ctrl+C, or Cmd+C on a Mac.";
  }
}

function oldCopy() {
  if (!document.execCommand("copy")) {
    throw new Error("The browser does not let a page copy.");
  }
}

// Django's list of two boxes labels a bare <span>, which may not carry a label; an image may.
function nameHelpMarks() {
  for (const mark of document.querySelectorAll(".help-tooltip[aria-label]")) {
    mark.setAttribute("role", "img");
  }
}

function mend(root) {
  letTheKeyboardPress(root);
  hideIconsBesideText(root);
  nameBareIcons(root);
}

window.addEventListener("load", () => {
  // Where the page's own part begins, for whoever jumps over the menu.
  document.querySelector("#main:not(main)")?.setAttribute("role", "main");
  mend(document);
  nameFirstColumn();
  // After the handlers of load that make those boxes.
  setTimeout(nameHelpMarks);
});
document.addEventListener("htmx:afterSwap", (event) => {
  mend(event.target);
  askToSaveFirst(event.target);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    copy(button);
  }
});
document.addEventListener("htmx:load", (event) => offerToClose(event.target));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    window.print();
  }
});
