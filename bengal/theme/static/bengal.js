// What a page can do besides being read. Nothing in it needs this file.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const KEY = "bengal-theme";

  // The theme that was chosen, before anything is painted. Storage may be forbidden.
  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(stored());

  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

  // A choice that is the system's own is not kept: the page follows the system again.
  const choose = (theme) => {
    const own = theme !== (dark.matches ? "dark" : "light");
    try {
      if (own) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {
      // The choice then lasts as long as the page.
    }
    apply(own ? theme : null);
  };

  // The browser's own bar has the page's colour, which is known once the style sheet is there.
  const colourBar = () => {
    const back = getComputedStyle(document.body).backgroundColor;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = back;
  };

  const workSwitch = (button) => {
    const show = () => { button.ariaPressed = String(isDark()); };
    const change = () => {
      show();
      colourBar();
    };
    button.addEventListener("click", () => {
      choose(isDark() ? "light" : "dark");
      change();
    });
    dark.addEventListener("change", change);
    addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      apply(event.newValue);
      change();
    });
    button.hidden = false;
    show();
  };

  // A link to each heading, which stands beside it so that the heading is still read as it is.
  const linkHeadings = () => {
    for (const heading of document.querySelectorAll("main :is(h2, h3, h4, h5, h6)[id]")) {
      const link = document.createElement("a");
      link.className = "anchor";
      link.href = `#${heading.id}`;
      link.ariaLabel = `Link to “${heading.textContent}”`;
      const around = document.createElement("div");
      around.className = "heading";
      heading.replaceWith(around);
      around.append(heading, link);
    }
  };

  // What scrolls within the page can be reached with the keyboard in every browser.
  const reachScrollers = () => {
    const all = [...document.querySelectorAll("main :is(pre, table)")];
    const wide = all.map((box) => box.scrollWidth > box.clientWidth);
    all.forEach((box, at) => {
      if (wide[at]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  };

  // A panel or a menu that has led somewhere closes, and so does a menu that is left.
  const closeBehind = (event) => {
    const link = event.target.closest?.("a[href]");
    if (link) link.closest("[popover]:popover-open")?.hidePopover();
    for (const menu of document.querySelectorAll(".menu details[open]")) {
      if (link || !menu.contains(event.target)) menu.open = false;
    }
  };
  const closeOnEscape = (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".menu details[open]")) {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  };

  addEventListener("load", () => {
    colourBar();
    reachScrollers();
  });
  addEventListener("resize", reachScrollers);
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".switch");
    if (button) workSwitch(button);
    linkHeadings();
    addEventListener("click", closeBehind);
    addEventListener("keydown", closeOnEscape);
  });
})();
