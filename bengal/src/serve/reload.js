// Keeps a page as new as the site: the development server puts this script into every page.
//
// The server tells where things stand, in numbers of builds; the page knows the build that it was
// served after. So nothing is lost when news come while a page loads, or while it is not listening.
"use strict";
(() => {
  const script = document.currentScript;
  const build = Number(script.dataset.build);
  const events = new URL("events", script.src);
  let styles = build;
  let source;

  // A page that is not seen does not listen: a browser has six connections for one server, and a
  // seventh page would wait for ever. It hears where things stand when it is looked at again.
  const listen = () => {
    source?.close();
    source = undefined;
    if (document.visibilityState === "hidden") return;
    source = new EventSource(events);
    source.onmessage = (event) => take(JSON.parse(event.data));
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
  listen();

  function take(status) {
    if (status.pages > build) {
      source?.close();
      location.reload();
      return;
    }
    if (status.styles > styles) {
      styles = status.styles;
      swapStyles(styles);
    }
    // A page within a page leaves it to the outer one.
    if (window === window.top) show(status);
  }

  // The old sheet stays until the new one is there, so that the page is never without.
  function swapStyles(build) {
    for (const old of document.querySelectorAll('link[rel~="stylesheet"][href]')) {
      const url = new URL(old.href);
      if (url.origin !== location.origin || old.dataset.bengalOld) continue;
      url.searchParams.set("bengal", build);
      const link = old.cloneNode();
      link.href = url;
      link.onload = () => old.remove();
      link.onerror = () => link.remove();
      old.dataset.bengalOld = "yes";
      old.after(link);
    }
  }

  const KEY = "bengal-dismissed";
  const NAME = "bengal-problems";
  let shown;

  function show({ failure, diagnostics, more }) {
    const said = JSON.stringify([failure, diagnostics, more]);
    if (said === shown) return;
    shown = said;
    document.getElementById(NAME)?.remove();
    if (!failure && diagnostics.length === 0) {
      remember(null);
      return;
    }
    // What was closed stays closed, also on other pages, until something else is wrong.
    if (said === recall()) return;
    const host = element("div");
    host.id = NAME;
    const close = () => {
      remember(said);
      host.remove();
    };
    host.attachShadow({ mode: "open" }).append(element("style", STYLE), panel());
    document.body.append(host);

    function panel() {
      const section = element("section");
      section.setAttribute("aria-labelledby", "title");
      const title = element("h2", heading(failure, diagnostics, more));
      title.id = "title";
      const alert = element("div");
      alert.setAttribute("role", "alert");
      alert.append(title);
      const button = element("button", "Close");
      button.type = "button";
      button.onclick = close;
      section.onkeydown = (event) => event.key === "Escape" && close();
      const header = element("header");
      header.append(alert, button);
      const list = element("ul");
      list.tabIndex = 0;
      list.setAttribute("aria-labelledby", "title");
      if (failure) list.append(item("error", failure));
      for (const one of diagnostics) list.append(diagnosis(one));
      if (more > 0) list.append(item("note", `and ${more} more`));
      section.append(header, list);
      return section;
    }
  }

  function heading(failure, diagnostics, more) {
    const errors = diagnostics.filter((one) => one.severity === "error").length + (failure ? 1 : 0);
    const counts = [
      [errors, "error"],
      [diagnostics.length - errors + (failure ? 1 : 0), "warning"],
    ];
    const some = counts.filter(([count]) => count > 0);
    const words = some.map(([count, noun]) => `${count} ${noun}${count === 1 ? "" : "s"}`);
    return `bengal: ${words.join(", ")}${more > 0 ? `, ${more} more` : ""}`;
  }

  function diagnosis({ severity, code, message, hint, place }) {
    const li = item(severity, message, `[${code}]`);
    if (place) {
      const at = [place.file, place.line, place.column].filter((part) => part).join(":");
      li.append(element("p", at));
      if (place.excerpt.trim()) li.append(element("pre", excerpt(place)));
    }
    if (hint) li.append(element("p", `help: ${hint}`));
    return li;
  }

  // The line, and below it a caret under the column, counted in characters.
  function excerpt({ line, column, excerpt }) {
    const margin = `${line} | `;
    if (!column) return margin + excerpt;
    const before = [...excerpt].slice(0, column - 1).join("").replace(/[^\t]/g, " ");
    return `${margin}${excerpt}\n${" ".repeat(margin.length)}${before}^`;
  }

  function item(severity, message, code = "") {
    const li = element("li");
    const word = element("strong", severity === "note" ? "" : `${severity}${code}: `);
    word.className = severity;
    const text = element("p");
    text.append(word, message);
    li.append(text);
    return li;
  }

  // Text only ever becomes text: what a page's source holds is not trusted.
  function element(name, text = "") {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  // A browser may forbid a page to remember anything.
  function remember(said) {
    try {
      if (said === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, said);
    } catch {}
  }

  function recall() {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  const STYLE = `
    :host { all: initial; }
    section {
      position: fixed; inset: auto 0 0 0; z-index: 2147483647; box-sizing: border-box;
      display: flex; flex-direction: column; max-height: 60vh; padding: 0.75rem 1rem;
      background: #1c1c1f; color: #f4f4f5; border-top: 4px solid #ff8f8f;
      font: 15px/1.5 system-ui, sans-serif;
    }
    header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
    h2 { margin: 0; font-size: 1rem; }
    button {
      font: inherit; color: inherit; background: none; border: 1px solid #a1a1aa;
      border-radius: 4px; padding: 0.25rem 0.75rem; cursor: pointer;
    }
    button:hover { background: #3f3f46; }
    :focus-visible { outline: 3px solid #8ab4ff; outline-offset: 2px; }
    ul { list-style: none; margin: 0.5rem 0 0; padding: 0; overflow: auto; }
    li { padding: 0.5rem 0; border-top: 1px solid #52525b; }
    p { margin: 0; overflow-wrap: anywhere; }
    pre {
      margin: 0.25rem 0; padding: 0.5rem; overflow-x: auto; background: #09090b;
      font: 13px/1.4 ui-monospace, monospace; tab-size: 4;
    }
    .error { color: #ff9d9d; }
    .warning { color: #ffd479; }
    @media print { section { display: none; } }
  `;
})();
