// What a page says that asks the portal and gets no answer: nothing stands there as new that is old, nothing that was
// sent is taken for done, and whoever was signed out is led to the door instead of finding it inside the page.

const DOOR = "/accounts/login/";
// By the address that was asked: parts of a page are replaced, so that an element is soon another one.
const unanswered = new Map();
let door = "";

function isSignedOut(xhr) {
  return Boolean(xhr?.responseURL) && new URL(xhr.responseURL).pathname.endsWith(DOOR);
}

function addressOf(event) {
  return event.detail.requestConfig?.path ?? event.detail.pathInfo?.requestPath ?? "";
}

function sentenceFor(element, status) {
  if (status === 403) {
    return "You may not do this any more, or the page is too old. Load it again.";
  }
  if (element instanceof HTMLFormElement) {
    return "The portal did not answer. Look whether it was done before you send it again.";
  }
  if (element.getAttribute("hx-trigger")?.includes("every")) {
    return "Figures on this page are no longer renewed: the portal does not answer. It is tried again by itself.";
  }
  return "The portal did not answer. Try again.";
}

function show() {
  let notice = document.getElementById("portal-unanswered");
  if (!door && unanswered.size === 0) {
    notice?.remove();
    return;
  }
  if (!notice) {
    notice = document.createElement("div");
    notice.id = "portal-unanswered";
    notice.setAttribute("role", "alert");
    document.body.append(notice);
  }
  const sentence = door ? "You are signed out. What is on this page is no longer renewed. " : [...unanswered.values()].pop();
  if (notice.dataset.sentence === sentence) {
    return; // a screen reader need not hear it each time that it is tried
  }
  notice.dataset.sentence = sentence;
  notice.textContent = sentence;
  if (door) {
    const link = document.createElement("a");
    link.href = door;
    link.textContent = "Sign in again";
    notice.append(link);
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (isSignedOut(event.detail.xhr)) {
    event.detail.shouldSwap = false;
    const back = encodeURIComponent(location.pathname + location.search);
    door = `${new URL(event.detail.xhr.responseURL).pathname}?next=${back}`;
    show();
  }
});
for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failed, (event) => {
    unanswered.set(addressOf(event), sentenceFor(event.detail.elt, event.detail.xhr?.status));
    show();
  });
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && unanswered.delete(addressOf(event))) {
    show();
  }
});
