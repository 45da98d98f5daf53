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

// On a phone each cell carries its column's name: written as in the list's head, where a field's own is lower case.
function nameColumns() {
  for (const cell of document.querySelectorAll("#result_list td[data-label], #result_list th[data-label]")) {
    const name = cell.dataset.label;
    cell.dataset.label = name.charAt(0).toUpperCase() + name.slice(1);
  }
}

// unfold calls a first column without a link "Select record".
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
  if (!field.name) {
    return false; // a search beside the form's own fields
  }
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

// From so many on a list of boxes is searched.
const MANY = 12;

function helpToChoose(boxes) {
  const [head, search, told] = [".portal-boxes-head", "[type=search]", "[role=status]"].map((part) =>
    boxes.querySelector(part),
  );
  const labels = () => [...boxes.querySelectorAll(".portal-boxes-list label")];
  const count = () => {
    const all = labels();
    const chosen = all.filter((label) => label.querySelector("input").checked).length;
    const found = all.filter((label) => !label.hidden).length;
    told.textContent = search.value.trim()
      ? `${found} found, ${chosen} of ${all.length} chosen`
      : `${chosen} of ${all.length} chosen`;
    head.hidden = all.length <= MANY;
  };
  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const label of labels()) {
      const text = label.textContent.toLowerCase();
      label.hidden = !words.every((word) => text.includes(word));
    }
    count();
  };
  // A search is no change of what is saved, and Enter in it does not save.
  boxes.addEventListener(
    "input",
    (event) => {
      if (event.target === search) {
        event.stopPropagation();
        narrow();
      }
    },
    true,
  );
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
  boxes.addEventListener("change", count);
  count();
}

// What was made in a popup is chosen at once. Django knows how to do that in its own kinds of field alone.
function takeInFromPopups() {
  const before = window.dismissAddRelatedObjectPopup;
  if (!before) {
    return;
  }
  window.dismissAddRelatedObjectPopup = (popup, id, text) => {
    const boxes = document.getElementById(popup.name.replace(/__\d+$/, ""));
    const mould = boxes?.matches("[data-boxes]") && boxes.querySelector("template");
    if (mould) {
      const label = mould.content.firstElementChild.cloneNode(true);
      Object.assign(label.querySelector("input"), { value: id, checked: true });
      label.querySelector("span").textContent = text;
      boxes.querySelector("[data-none]")?.remove();
      boxes.querySelector(".portal-boxes-list").prepend(label);
      boxes.dispatchEvent(new Event("change"));
    }
    before(popup, id, text);
  };
}

function mend(root) {
  letTheKeyboardPress(root);
  hideIconsBesideText(root);
  nameBareIcons(root);
}

// What renews itself keeps the tables that a reader has opened.
const opened = new Set();

function noteOpened(root) {
  for (const details of root.querySelectorAll?.("details[id]") ?? []) {
    opened[details.open ? "add" : "delete"](details.id);
  }
}

function openAgain(root) {
  for (const details of root.querySelectorAll?.("details[id]") ?? []) {
    details.open = details.open || opened.has(details.id);
  }
}

for (const before of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) {
  document.addEventListener(before, (event) => noteOpened(event.detail.target ?? event.target));
}

window.addEventListener("load", () => {
  // Where the page's own part begins, for whoever jumps over the menu.
  document.querySelector("#main:not(main)")?.setAttribute("role", "main");
  mend(document);
  nameColumns();
  nameFirstColumn();
  // What a page wants to be typed into first: the browser gives up where the frame around it is not drawn yet.
  if (document.activeElement === document.body) {
    document.querySelector("[autofocus]")?.focus();
  }
  document.querySelectorAll("[data-boxes]").forEach(helpToChoose);
  takeInFromPopups();
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  openAgain(event.target);
  mend(event.target);
});
document.addEventListener("htmx:afterSwap", (event) => {
  openAgain(event.target);
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

// What was typed into the palette and found nowhere goes on to its page in a form's body: it may be an e-mail.
function handOver(event, link) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const box = document.getElementById("search-input-command");
  const form = document.createElement("form");
  form.method = "post";
  form.action = link.href;
  form.target = event.ctrlKey || event.metaKey ? "_blank" : "";
  const fields = { s: box.value, csrfmiddlewaretoken: JSON.parse(box.getAttribute("hx-headers"))["X-CSRFToken"] };
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a[data-hand-over]");
    if (link) {
      handOver(event, link);
    }
  },
  true,
);
document.addEventListener(
  "keydown",
  (event) => {
    const link = document.querySelector("#command-results-list a[data-hand-over]");
    if (link && event.key === "Enter" && event.target.id === "search-input-command") {
      handOver(event, link);
    }
  },
  true,
);

// For pages that tell hours: the clock on the reader's wall.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`crossdock_zone=${zone};`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `crossdock_zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
