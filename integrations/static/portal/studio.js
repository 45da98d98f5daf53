// The mapping studio: what is typed is tried, what is clicked goes into a rule. All listeners are on the document, so
// that they outlast the parts of the page that are exchanged.

const studio = {
  armed: null, // the rule that a click fills
  undo: null,
};

const byId = (id) => document.getElementById(id);
const rulesOf = () => [...document.querySelectorAll("#studio-rules > .studio-rule")];
const partOf = (rule, name) => rule.querySelector(`[name="${rule.dataset.rule}-${name}"]`);
const transforms = () => JSON.parse(byId("studio-transforms")?.textContent ?? "{}");

// --- trying ---------------------------------------------------------------------------------------------------------

function changed(withLeft = false) {
  const live = byId("studio-live");
  if (!live) {
    return;
  }
  if (withLeft) {
    live.dataset.left = "1";
  }
  number();
  markUsed();
  live.dispatchEvent(new CustomEvent("studio:changed"));
}

// The order in which they stand is the order in which they run.
function number() {
  rulesOf().forEach((rule, place) => {
    partOf(rule, "position").value = place;
  });
}

document.addEventListener("htmx:configRequest", (event) => {
  const live = byId("studio-live");
  if (event.target === live && live.dataset.left) {
    event.detail.parameters.append?.("left", "1");
    if (!event.detail.parameters.append) {
      event.detail.parameters.left = "1";
    }
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id === "studio-live" && event.detail.successful) {
    delete event.target.dataset.left;
  }
});
// What was typed while the records were on their way is tried on them.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.("[data-samples]")) {
    changed(true);
  }
});
// A word was added: the answer is read, then all is tried again.
document.addEventListener("studio:added", () => setTimeout(changed, 1500));
document.addEventListener("input", (event) => {
  const source = event.target.closest("#studio_source");
  if (source || event.target.closest("#mapping_form")) {
    changed(Boolean(source));
  }
});
document.addEventListener("submit", number, true);

// --- the rule that a click fills ------------------------------------------------------------------------------------

function arm(rule) {
  studio.armed?.classList.remove("studio-armed");
  studio.armed = rule;
  rule?.classList.add("studio-armed");
}

document.addEventListener("focusin", (event) => {
  const rule = event.target.closest(".studio-rule");
  if (rule) {
    arm(rule);
  }
});

// Of the lists that are gone through: in a rule for `lines[].sku` a path begins at the line.
function asSeenFrom(rule, path) {
  const target = partOf(rule, "target").value.trim();
  const opener = target.replace(/\[\]$/, "").match(/^(.*\[\])\./)?.[1];
  if (!opener) {
    return path;
  }
  const opening = rulesOf().find((other) => partOf(other, "target").value.trim() === opener);
  const list = opening ? fullSource(opening) : "";
  const escaped = list.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const inside = list && path.match(new RegExp(`^${escaped}\\[\\d*\\]\\.(.+)$`));
  return inside ? inside[1] : `root.${path}`;
}

// A path from the whole, with the lists around it.
function fullSource(rule) {
  const source = partOf(rule, "source").value.trim();
  const target = partOf(rule, "target").value.trim().replace(/\[\]$/, "");
  const opener = target.match(/^(.*\[\])\./)?.[1];
  if (source.startsWith("root.") || !opener) {
    return source.replace(/^root\./, "");
  }
  const opening = rulesOf().find((other) => partOf(other, "target").value.trim() === opener);
  return opening ? `${fullSource(opening)}[].${source}` : source;
}

// Beside each line of the left pane the field that it fills, as the rules stand now.
function markUsed() {
  const filled = new Map();
  for (const rule of rulesOf()) {
    if (!rule.classList.contains("studio-removed") && partOf(rule, "source").value.trim()) {
      filled.set(fullSource(rule), partOf(rule, "target").value.trim());
    }
  }
  for (const line of document.querySelectorAll(".studio-lines [data-path]")) {
    const target = filled.get(line.dataset.path.replaceAll(/\[\d+\]/g, "[]"));
    if (target) {
      line.dataset.fills = target;
    } else {
      delete line.dataset.fills;
    }
  }
}

document.addEventListener("htmx:oobAfterSwap", markUsed);

function put(path) {
  if (!byId("studio-rules")) {
    return;
  }
  const isNew = !studio.armed?.isConnected || studio.armed.classList.contains("studio-removed");
  const rule = isNew ? addRule() : studio.armed;
  const field = partOf(rule, "source");
  const before = field.value;
  field.value = asSeenFrom(rule, path);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const target = partOf(rule, "target");
  if (isNew) {
    showPane("rules");
    target.focus();
  }
  studio.undo = () => {
    field.value = before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  tell(`${target.value || "The new rule"} ← ${field.value}`, before !== "" && before !== field.value);
}

let silence;
function tell(sentence, canUndo = false) {
  const heard = byId("studio-heard");
  heard.textContent = sentence;
  if (canUndo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Undo";
    button.addEventListener("click", () => {
      studio.undo?.();
      heard.textContent = "";
    });
    heard.append(button);
  }
  clearTimeout(silence);
  silence = setTimeout(() => (heard.textContent = ""), 6000);
}

// --- rules come, go and move ----------------------------------------------------------------------------------------

function addRule(target = "") {
  const total = document.querySelector("[name=rules-TOTAL_FORMS]");
  const place = Number(total.value);
  const made = document.createElement("div");
  made.innerHTML = byId("studio-empty-rule").innerHTML.replaceAll("__prefix__", place);
  const rule = made.firstElementChild;
  byId("studio-rules").append(rule);
  total.value = place + 1;
  partOf(rule, "target").value = target;
  arm(rule);
  showArguments(rule);
  rule.scrollIntoView({ block: "nearest" });
  changed();
  return rule;
}

function remove(rule, gone) {
  partOf(rule, "DELETE").checked = gone;
  rule.classList.toggle("studio-removed", gone);
  rule.querySelector("[data-gone]").textContent = `Removed: ${partOf(rule, "target").value || "an empty rule"}.`;
  rule.querySelector(gone ? "[data-keep]" : "[data-remove]").focus();
  partOf(rule, "target").dispatchEvent(new Event("input", { bubbles: true }));
}

function move(rule, by) {
  const other = by < 0 ? rule.previousElementSibling : rule.nextElementSibling;
  if (other) {
    by < 0 ? other.before(rule) : other.after(rule);
    rule.querySelector(`[data-move="${by}"]`).focus();
    partOf(rule, "target").dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// --- a transform and its arguments ----------------------------------------------------------------------------------

// JSON where it is JSON, else the words themselves: what is shown is taken for the same again.
function typed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shown(value) {
  if (value === undefined) {
    return "";
  }
  return typeof value === "string" && typed(value) === value ? value : JSON.stringify(value);
}

function showArguments(rule) {
  const stored = partOf(rule, "arguments");
  const chosen = partOf(rule, "transform");
  if (!stored || !chosen) {
    return;
  }
  const transform = transforms()[chosen.value];
  const box = stored.closest("[data-arguments]");
  const label = box.previousElementSibling;
  rule.querySelector("[data-about]").textContent = transform?.about ?? "";
  box.querySelectorAll(".studio-argument").forEach((old) => old.remove());
  const held = typed(stored.value || "{}");
  const known = transform?.arguments ?? [];
  const isPlain = held && typeof held === "object" && !Array.isArray(held);
  // What the transform does not take, or no object at all, stays to be seen as it was written.
  const isOdd = !isPlain || Object.keys(held).some((name) => !known.some((argument) => argument.name === name));
  stored.hidden = !isOdd;
  box.hidden = label.hidden = known.length === 0 && !isOdd;
  if (isOdd) {
    return;
  }
  for (const argument of known) {
    const line = document.createElement("label");
    line.className = "studio-argument";
    line.textContent = `${argument.name}${argument.required ? " (needed)" : ""}`;
    const input = document.createElement("input");
    input.className = stored.className;
    input.value = shown(held[argument.name]);
    input.title = argument.about;
    input.placeholder = argument.about;
    input.dataset.argument = argument.name;
    line.append(input);
    box.append(line);
  }
}

function writeArguments(rule) {
  const held = {};
  for (const input of rule.querySelectorAll("[data-argument]")) {
    if (input.value !== "") {
      held[input.dataset.argument] = typed(input.value);
    }
  }
  partOf(rule, "arguments").value = Object.keys(held).length ? JSON.stringify(held) : "";
}

document.addEventListener(
  "input",
  (event) => {
    const rule = event.target.closest(".studio-rule");
    if (rule && event.target.dataset.argument) {
      writeArguments(rule);
    } else if (rule && event.target === partOf(rule, "transform")) {
      writeArguments(rule);
      showArguments(rule);
    }
  },
  true, // before what is typed is tried
);

// --- panes and tabs -------------------------------------------------------------------------------------------------

function showPane(name) {
  document.querySelector(".studio").dataset.pane = name;
  for (const button of document.querySelectorAll("[data-show-pane]")) {
    button.setAttribute("aria-pressed", String(button.dataset.showPane === name));
  }
}

function showTab(name) {
  for (const tab of document.querySelectorAll(".studio-tabs [data-tab]")) {
    const isShown = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !isShown;
  }
}

document.addEventListener("keydown", (event) => {
  const tabs = [...document.querySelectorAll(".studio-tabs [role=tab]")];
  const place = tabs.indexOf(event.target);
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (place >= 0 && by) {
    const next = tabs[(place + by + tabs.length) % tabs.length];
    showTab(next.dataset.tab);
    next.focus();
  }
});

function goTo(target) {
  const rule = rulesOf().find((found) => partOf(found, "target").value.trim() === target);
  if (rule) {
    showPane("rules");
    partOf(rule, "source").focus();
    rule.scrollIntoView({ block: "center" });
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".studio button");
  const data = button?.dataset ?? {};
  const rule = button?.closest(".studio-rule");
  if (data.path !== undefined) {
    put(data.path);
  } else if (data.addRule !== undefined) {
    partOf(addRule(), "target").focus();
  } else if (data.addTarget !== undefined) {
    showPane("rules");
    partOf(addRule(data.addTarget), "source").focus();
  } else if (data.go !== undefined) {
    goTo(data.go);
  } else if (data.showPane) {
    showPane(data.showPane);
  } else if (data.tab) {
    showTab(data.tab);
    if (data.tab === "text") {
      document.querySelector("#panel-text textarea").focus();
    }
  } else if (data.step) {
    const place = document.querySelector("#studio_source [name=place]");
    place.value = Math.max(0, Number(place.value || 0) + Number(data.step));
    changed(true);
  } else if (data.move) {
    move(rule, Number(data.move));
  } else if (data.remove !== undefined || data.keep !== undefined) {
    remove(rule, data.remove !== undefined);
  }
});

// An address may lead to one rule.
function openNamed() {
  const rule = byId(location.hash.slice(1));
  if (rule?.matches(".studio-rule")) {
    showPane("rules");
    const more = rule.querySelector(".studio-more");
    if (more) {
      more.open = true;
    }
    rule.scrollIntoView({ block: "center" });
  }
}

// What was refused must not be taken for done: it is out of sight where the rules are many, or the screen is small.
function showWhatCame() {
  const told = byId("studio-messages");
  const rule = rulesOf().find((found) => found.querySelector(".studio-wrong"));
  // The sentence itself is exchanged as soon as the rules are tried.
  const wrong = rule ? partOf(rule, "source") : document.querySelector(".studio .errornote");
  if (!wrong && told.dataset.refused === undefined) {
    tell(told.textContent.trim().replaceAll(/\s+/g, " "));
    return;
  }
  const shown = wrong ?? told;
  showPane("rules");
  if (!rule) {
    shown.tabIndex = -1;
  }
  shown.focus({ preventScroll: true });
  shown.scrollIntoView({ block: "center" });
}

function begin() {
  rulesOf().forEach(showArguments);
}

document.addEventListener("DOMContentLoaded", begin);
window.addEventListener("load", openNamed);
window.addEventListener("hashchange", openNamed);
// Before unfold hears of it: it takes each exchanged part that has rows for a page of an inline, and fails.
window.addEventListener(
  "htmx:afterSettle",
  (event) => {
    if (event.target.id === "studio-middle") {
      event.stopImmediatePropagation();
      begin();
      showWhatCame();
    }
  },
  true,
);
