/* The book is complete without this file. It adds: workings in place, table filters and sorting, keyboard access. */
(() => {
  const $$ = (s, e = document) => [...e.querySelectorAll(s)];
  // 1. A computed number opens its working next to itself instead of jumping to the end of the chapter.
  if ("showPopover" in HTMLElement.prototype)
    for (const a of $$("a.n"))
      a.addEventListener("click", (e) => {
        const src = document.getElementById(a.hash.slice(1));
        if (!src || e.metaKey || e.ctrlKey) return;
        e.preventDefault();
        const p = Object.assign(document.createElement("div"), { popover: "auto", className: "pop", tabIndex: -1 });
        p.setAttribute("role", "dialog");
        p.setAttribute("aria-label", "How this number was computed");
        p.innerHTML = src.innerHTML;
        $$("[id]", p).forEach((x) => x.removeAttribute("id"));
        $$(".back", p).forEach((x) => x.remove());
        a.after(p);
        p.showPopover();
        p.focus();
        const r = a.getBoundingClientRect(),
          w = p.offsetWidth,
          h = p.offsetHeight;
        p.style.left = Math.max(8, Math.min(r.left, innerWidth - w - 8)) + "px";
        p.style.top = (r.bottom + h + 14 > innerHeight ? Math.max(8, r.top - h - 8) : r.bottom + 8) + "px";
        p.addEventListener("toggle", (t) => {
          if (t.newState === "closed") {
            const back = p.contains(document.activeElement) || document.activeElement === document.body;
            p.remove();
            if (back) a.focus();
          }
        });
        addEventListener("scroll", () => p.isConnected && p.hidePopover(), { once: true, passive: true });
      });
  // 2. Filters: a form names a table; every control hides rows whose data-* does not match.
  for (const f of $$("form[data-for]")) {
    const rows = $$("tbody tr", document.getElementById(f.dataset.for)),
      out = f.querySelector("output");
    const run = () => {
      let n = 0;
      for (const r of rows)
        n += !(r.hidden = [...f.elements].some(
          (c) =>
            c.name &&
            c.value &&
            !(c.type === "search"
              ? r.textContent.toLowerCase().includes(c.value.toLowerCase())
              : c.dataset.op === "max"
                ? +r.dataset[c.name] <= +c.value
                : r.dataset[c.name] === c.value),
        ));
      if (out) out.value = n === rows.length ? `${n} rows` : `${n} of ${rows.length} rows`;
    };
    f.hidden = false;
    f.addEventListener("input", run);
    f.addEventListener("submit", (e) => e.preventDefault());
    f.addEventListener("reset", () => setTimeout(run));
    run();
  }
  // 3. Sorting: in a sortable table every column head becomes a button; numbers by data-value, what is missing last.
  for (const t of $$("table.sortable")) {
    const heads = $$("thead th", t),
      body = t.tBodies[0],
      key = (r, i) => r.cells[i].dataset.value ?? r.cells[i].textContent.replaceAll(",", "").replace("–", "");
    heads.forEach((th, i) => {
      const b = Object.assign(document.createElement("button"), { type: "button" });
      b.append(...th.childNodes);
      th.append(b);
      b.addEventListener("click", () => {
        const sign = th.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        th.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const rows = [...body.rows].map((r) => [key(r, i), r]);
        rows.sort(([a], [b]) => !a - !b || sign * (a - b || (a - b === 0 ? 0 : a.localeCompare(b, "en", { numeric: true }))));
        body.append(...rows.map(([, r]) => r));
      });
    });
  }
  // 4. The theme's header switches are labels of hidden checkboxes: no keyboard. Make them buttons.
  for (const l of $$("header label.md-header__button[for=__drawer], header label.md-header__button[for=__search]")) {
    const box = document.getElementById(l.htmlFor),
      b = document.createElement("button"),
      say = () => b.setAttribute("aria-expanded", box.checked);
    b.type = "button";
    b.className = l.className;
    b.setAttribute("for", l.htmlFor);
    b.append(...l.childNodes);
    l.replaceWith(b);
    b.addEventListener("click", () => {
      box.click();
      if (box.id === "__search") document.querySelector(".md-search__input").focus();
    });
    box.addEventListener("change", say);
    say();
  }
  new MutationObserver(() => $$("nav.md-code__nav:not([role])").forEach((n) => n.setAttribute("role", "none"))).observe(document.body, {
    childList: true,
    subtree: true,
  });
  // 5. Tables written in Markdown: the theme lets them scroll but not by keyboard.
  const reach = () => {
    for (const w of $$(".md-typeset__scrollwrap")) w.scrollWidth > w.clientWidth ? w.setAttribute("tabindex", 0) : w.removeAttribute("tabindex");
  };
  new ResizeObserver(reach).observe(document.body);
  // 6. Open every hidden answer and working for printing.
  addEventListener("beforeprint", () =>
    $$("details:not([open])").forEach((d) => {
      d.open = true;
      d.dataset.p = 1;
    }),
  );
  addEventListener("afterprint", () =>
    $$("details[data-p]").forEach((d) => {
      d.open = false;
      delete d.dataset.p;
    }),
  );
})();
