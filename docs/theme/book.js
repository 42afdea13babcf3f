// The book's pages: the place in the contents, the menu on small screens, and the search.
(() => {
  "use strict";
  const page = decodeURIComponent(location.pathname.split("/").pop()) || "index.html";
  const narrow = matchMedia("(max-width: 1199px)");

  // Mark the page in the contents, and bring it into view.
  const here = document.querySelector(`#contents a[href="${CSS.escape(page)}"]`);
  if (here) {
    here.setAttribute("aria-current", "page");
    const list = document.getElementById("contents");
    list.scrollTop = Math.max(0, here.offsetTop - list.offsetTop - list.clientHeight / 3);
  }

  // Open and close the contents on a small screen.
  const menu = document.getElementById("menu");
  menu.addEventListener("click", () => {
    const open = document.documentElement.classList.toggle("menu-open");
    menu.setAttribute("aria-expanded", open);
  });

  // Fold the page's own contents where they stand above the text, and mark the section being read.
  const toc = document.querySelector("details.page-toc");
  if (toc) {
    const fold = () => { toc.open = !narrow.matches; };
    narrow.addEventListener("change", fold);
    fold();
    const links = new Map([...toc.querySelectorAll("a")].map(a => [a.hash.slice(1), a]));
    const headings = [...links.keys()].map(id => document.getElementById(decodeURIComponent(id))).filter(Boolean);
    const mark = () => {
      const above = headings.filter(h => h.getBoundingClientRect().top < 120).pop();
      links.forEach((a, id) => a.classList.toggle("active", Boolean(above) && id === above.id));
    };
    addEventListener("scroll", mark, {passive: true});
    mark();
  }

  // Give each section a link to itself.
  for (const heading of document.querySelectorAll(".textblock h2[id], .textblock h3[id]")) {
    const link = document.createElement("a");
    link.className = "self";
    link.href = "#" + heading.id;
    link.setAttribute("aria-label", "Link to this section");
    link.textContent = "#";
    heading.append(" ", link);
  }

  // Search all sections for those in which every word occurs.
  const input = document.getElementById("search"), results = document.getElementById("results");
  const root = input.dataset.root;
  let index = null, loading = false;

  function load() {
    if (loading) return;
    loading = true;
    const script = document.createElement("script");
    script.src = root + "search-index.js";
    script.onload = () => {
      index = window.BOOK_INDEX.map(
        e => ({...e, head: (e.t || e.p).toLowerCase(), page: e.p.toLowerCase(), text: e.x.toLowerCase()}));
      show();
    };
    document.head.append(script);
  }

  // A word in the heading tells most, then one in the page's title; more often in the text tells a little.
  function score(entry, words) {
    let total = 0;
    for (const word of words) {
      const inText = Math.min(entry.text.split(word).length - 1, 5);
      const inHead = entry.head.includes(word), inPage = entry.page.includes(word);
      if (!inText && !inHead && !inPage) return 0;
      const whole = entry.head.split(/[^\p{L}\d]+/u).includes(word);
      total += inText + (inHead ? 10 : 0) + (whole ? 10 : 0) + (inPage ? 3 : 0);
    }
    return total;
  }

  // The text around the first match, with the words marked.
  function excerpt(entry, words) {
    const at = Math.max(0, Math.min(...words.map(w => entry.text.indexOf(w)).filter(i => i >= 0), entry.text.length) - 50);
    const start = at ? entry.x.indexOf(" ", at) + 1 : 0;
    const small = document.createElement("small");
    const end = entry.x.length > start + 150 ? entry.x.lastIndexOf(" ", start + 150) : entry.x.length;
    const cut = (start ? "… " : "") + entry.x.slice(start, end) + (end < entry.x.length ? " …" : "");
    const pattern = new RegExp("(" + words.map(w => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "gi");
    cut.split(pattern).forEach((piece, i) => {
      const node = i % 2 ? document.createElement("mark") : document.createTextNode("");
      node.textContent = piece;
      small.append(node);
    });
    return small;
  }

  function show() {
    const words = input.value.toLowerCase().split(/\s+/).filter(w => w.length > 1);
    results.textContent = "";
    results.hidden = !words.length;
    if (!words.length || !index) return;
    const found = index.map(entry => ({entry, score: score(entry, words)})).filter(r => r.score)
      .sort((a, b) => b.score - a.score).slice(0, 15);
    for (const {entry} of found) {
      const link = document.createElement("a"), title = document.createElement("b"), where = document.createElement("i");
      link.href = root + entry.u;
      title.textContent = entry.t || entry.p;
      where.textContent = entry.t ? entry.p : "";
      link.append(title, where, excerpt(entry, words));
      results.append(link);
    }
    if (!found.length) results.textContent = "Nothing found. Fewer or shorter words find more.";
  }

  function close() {
    results.hidden = true;
  }

  input.addEventListener("focus", () => { load(); show(); });
  input.addEventListener("input", show);
  document.addEventListener("click", event => {
    if (!event.target.closest("#results, #MSearchBox")) close();
  });
  results.addEventListener("click", close);
  document.addEventListener("keydown", event => {
    const typing = event.target.closest("input, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      input.focus();
    } else if (event.key === "Escape") {
      close();
      input.blur();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !results.hidden) {
      const links = [...results.querySelectorAll("a")], at = links.indexOf(document.activeElement);
      const next = links[at + (event.key === "ArrowDown" ? 1 : -1)] || (event.key === "ArrowUp" ? input : null);
      if (next && (at >= 0 || event.target === input)) {
        event.preventDefault();
        next.focus();
      }
    } else if (event.key === "Enter" && event.target === input) {
      const first = results.querySelector("a");
      if (first) first.click();
    }
  });
})();
