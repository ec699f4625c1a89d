// Comforts for those with scripts: the drawer, the theme, printing, keys. Every
// page does its job without them: a figure link then opens its own page.

const root = document.documentElement;
const one = (selector, within = document) => within.querySelector(selector);

// Theme. The server reads the cookie, so the next page comes in the right colours.
function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  root.dataset.theme = theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
}

// Drawer and dialogs. showModal keeps the focus inside and gives it back on closing.
function show(dialog) {
  if (!dialog.open) dialog.showModal();
  one("h2", dialog)?.focus();
}

async function openDrawer(link) {
  const drawer = one("#drawer");
  drawer.replaceChildren();
  await htmx.ajax("GET", link.getAttribute("href"), { target: drawer, swap: "innerHTML" });
  if (one("h2", drawer)) show(drawer);
  else location.assign(link.getAttribute("href"));
}

const canOpen = () => one("#drawer")?.showModal && window.htmx;

document.addEventListener("click", (event) => {
  const { target } = event;
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (target.closest("[data-theme-toggle]")) {
    event.preventDefault();
    return toggleTheme();
  }
  if (target.closest("[data-print]")) return window.print();
  const close = target.closest("[data-close]");
  const dialog = target.closest("dialog");
  if (dialog && (close || target === dialog)) {
    event.preventDefault();
    return dialog.close();
  }
  const link = target.closest("a[data-drawer]");
  if (link && canOpen()) {
    event.preventDefault();
    openDrawer(link);
  }
});

// A page sent with its drawer open shows it as any other drawer.
const sent = one("dialog.drawer[open]");
if (sent?.showModal) {
  sent.close();
  one(".veil")?.remove();
  show(sent);
}

// Keys. One letter each, and they can be turned off (WCAG 2.1.4).
const rows = () => [...document.querySelectorAll("main tbody th a, main [data-row]")];

function step(by) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(document.activeElement);
  const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => one("#search")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  a: () => one("[data-approve]")?.focus(),
  "?": () => one("#keys")?.showModal && show(one("#keys")),
};

const keysOff = () => localStorage.getItem("keys") === "off";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape" && event.target.id === "search") event.target.blur();
    return;
  }
  if (event.target.closest("dialog") || keysOff() || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

const choice = one("#keys-on");
if (choice) {
  choice.checked = !keysOff();
  choice.addEventListener("change", () => localStorage.setItem("keys", choice.checked ? "on" : "off"));
}
