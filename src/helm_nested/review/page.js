"use strict";
// Everything shown comes from the reviewed chart and is not to be trusted: it reaches the page only as text nodes and
// attribute values, never as markup, and every link is a fragment of this page.
(() => {
  const data = JSON.parse(document.getElementById("review-data").textContent);
  const main = document.getElementById("main");
  const view = document.getElementById("view");
  const tooltip = document.getElementById("tooltip");
  const menu = document.getElementById("menu");
  const staticSections = { __proto__: null }; // no name of the address finds what every object has
  for (const name of ["overview", "changes", "coverage"]) staticSections[name] = document.getElementById(name);
  const viewNames = { compare: "Compare", overview: "Overview", changes: "Changes", coverage: "Coverage" };
  const pageTitle = document.title;
  const SECTIONS = { objects: "Stage one", templates: "Service templates", filled: "Filled documents", values: "Values" };
  const CONTEXT = 3; // unchanged lines shown around a difference
  const MOST_EDITS = 2000; // beyond this many the search for the smallest difference costs more than it is worth
  const OPEN_LINES = 1500; // so many changed lines are shown unfolded at once
  let wrapped = window.matchMedia("(max-width: 30rem)").matches;

  // ---- Elements ----

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      made.setAttribute(attribute, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  }

  function address(parameters) {
    const kept = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
    return `#${new URLSearchParams(kept)}`;
  }

  function plural(number, one, many) {
    return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  }

  function announce(text) {
    document.getElementById("announcement").textContent = text;
  }

  // ---- The data ----

  function byName(things) {
    return new Map(things.map((thing) => [thing.name, thing]));
  }

  const sides = {};
  for (const name of ["now", "before"]) {
    const side = data[name];
    sides[name] = side && {
      scenarios: byName(side.scenarios),
      argumentSets: byName(side.argument_sets),
      placeholders: new Map(Object.entries(side.placeholders)),
    };
  }
  const now = sides.now;
  for (const each of [...now.scenarios.values()]) each.at = (stage) => each.documents.filter((one) => one.stage === stage);

  // A document as pieces of text; what a placeholder stands for keeps its name.
  function piecesOf(content, argumentSet) {
    const template = data.templates[content];
    if (!Array.isArray(template)) {
      // Nothing can be spliced into a template of another dialect: it comes filled.
      const filled = argumentSet && Object.hasOwn(template.filled, argumentSet.name);
      return [{ text: filled ? data.texts[template.filled[argumentSet.name]] : template.text }];
    }
    return template.map((segment) => {
      if (typeof segment === "string") return { text: segment };
      const name = segment.placeholder;
      if (!argumentSet) return { text: `\${${name}}`, name, kind: "placeholder" };
      if (!Object.hasOwn(argumentSet.encoded, name)) return { text: `\${${name}}`, name, kind: "missing" };
      return { text: argumentSet.encoded[name], name, kind: "argument" };
    });
  }

  // Lines with the marks that lie in them; `open` says that the last line does not end.
  function linesOf(pieces) {
    const lines = [];
    let line = { text: "", marks: [], open: false };
    for (const piece of pieces) {
      const parts = piece.text.split("\n");
      parts.forEach((part, index) => {
        if (index > 0) {
          lines.push(line);
          line = { text: "", marks: [], open: false };
        }
        const start = line.text.length;
        line.text += part;
        if (piece.name !== undefined && (part !== "" || parts.length === 1)) {
          line.marks.push({ start, end: line.text.length, name: piece.name, kind: piece.kind });
        }
      });
    }
    if (line.text !== "" || line.marks.length > 0) lines.push({ ...line, open: true });
    return lines;
  }

  function documentLines(stage, content, argumentSet) {
    if (content === null) return [];
    return linesOf(stage === "template" ? piecesOf(content, argumentSet) : [{ text: data.texts[content] }]);
  }

  function documentText(stage, content, argumentSet) {
    return stage === "template" ? piecesOf(content, argumentSet).map((piece) => piece.text).join("") : data.texts[content];
  }

  // ---- Lines ----

  const KEY = /^(\s*(?:- +)*)("[^"]*"|'[^']*'|[^\s#"'{}[\],&*!|>%@`:-][^:#]*|-[^\s:#][^:#]*):(?=\s|$)/;

  function tokensOf(text) {
    const tokens = [];
    const key = KEY.exec(text);
    let at = 0;
    if (key) {
      at = key[1].length + key[2].length;
      tokens.push({ start: key[1].length, end: at, kind: "key" });
    }
    let quote = "";
    for (; at < text.length; at += 1) {
      const character = text[at];
      if (quote) {
        if (character === quote) quote = "";
      } else if ((character === '"' || character === "'") && /[\s:[{,(]/.test(text[at - 1] ?? " ")) {
        quote = character;
      } else if (character === "#" && (at === 0 || /\s/.test(text[at - 1]))) {
        tokens.push({ start: at, end: text.length, kind: "comment" });
        break;
      }
    }
    return tokens;
  }

  // Characters that hide, or reorder what stands around them, are shown by their number.
  // eslint-disable-next-line no-control-regex
  const HIDDEN = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff])/u;

  function textNodes(text) {
    return text.split(HIDDEN).filter(Boolean).map((part) => {
      if (!HIDDEN.test(part)) return part;
      return element("span", { class: "character" }, `U+${part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
    });
  }

  function appendRange(parent, line, start, end, ranges) {
    const cuts = new Set([start, end]);
    for (const range of ranges) for (const cut of [range.start, range.end]) if (cut > start && cut < end) cuts.add(cut);
    const ordered = [...cuts].sort((one, other) => one - other);
    for (let index = 0; index + 1 < ordered.length; index += 1) {
      const [from, to] = [ordered[index], ordered[index + 1]];
      const kinds = ranges.filter((range) => range.start <= from && to <= range.end).map((range) => range.kind);
      const nodes = textNodes(line.text.slice(from, to));
      if (kinds.length > 0) parent.append(element("span", { class: kinds.join(" ") }, nodes));
      else parent.append(...nodes);
    }
  }

  // `side` is where the placeholders' descriptions are looked up, `inner` the part of the line that differs.
  function appendLine(parent, line, side, coloured, inner = null) {
    const ranges = coloured ? tokensOf(line.text) : [];
    if (inner) ranges.push({ ...inner, kind: "inner" });
    let at = 0;
    for (const mark of line.marks) {
      appendRange(parent, line, at, mark.start, ranges);
      const kind = mark.start === mark.end ? `${mark.kind} empty` : mark.kind;
      const made = element("mark", { class: kind, "data-name": mark.name, "data-side": side, tabindex: "-1" });
      appendRange(made, line, mark.start, mark.end, ranges);
      parent.append(made);
      at = mark.end;
    }
    appendRange(parent, line, at, line.text.length, ranges);
  }

  // ---- Differences ----

  // Myers' greedy algorithm: which lines of `before` and `after` are kept, as pairs of indices.
  function keptLines(before, after) {
    let start = 0;
    while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
    let [beforeEnd, afterEnd] = [before.length, after.length];
    while (beforeEnd > start && afterEnd > start && before[beforeEnd - 1] === after[afterEnd - 1]) {
      beforeEnd -= 1;
      afterEnd -= 1;
    }
    const kept = [];
    for (let index = 0; index < start; index += 1) kept.push([index, index]);
    for (const [one, other] of keptBetween(before.slice(start, beforeEnd), after.slice(start, afterEnd))) {
      kept.push([one + start, other + start]);
    }
    for (let index = 0; beforeEnd + index < before.length; index += 1) kept.push([beforeEnd + index, afterEnd + index]);
    return kept;
  }

  function keptBetween(before, after) {
    const most = Math.min(before.length + after.length, MOST_EDITS);
    if (before.length === 0 || after.length === 0) return [];
    // reach[k + offset] is how far into `before` one gets on the diagonal k = x - y.
    const offset = most + 1;
    const reach = new Int32Array(2 * most + 3);
    const history = [];
    for (let edits = 0; edits <= most; edits += 1) {
      history.push(reach.slice(offset - edits - 1, offset + edits + 2));
      for (let k = -edits; k <= edits; k += 2) {
        const down = k === -edits || (k !== edits && reach[offset + k - 1] < reach[offset + k + 1]);
        let x = down ? reach[offset + k + 1] : reach[offset + k - 1] + 1;
        while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
        reach[offset + k] = x;
        if (x >= before.length && x - k >= after.length) return walkBack(history, before.length, after.length);
      }
    }
    return []; // too different: all of one is removed, all of the other added
  }

  function walkBack(history, beforeLength, afterLength) {
    const kept = [];
    let [x, y] = [beforeLength, afterLength];
    for (let edits = history.length - 1; edits >= 0; edits -= 1) {
      const reach = (k) => history[edits][k + edits + 1];
      const k = x - y;
      const down = k === -edits || (k !== edits && reach(k - 1) < reach(k + 1));
      const previousX = edits === 0 ? 0 : down ? reach(k + 1) : reach(k - 1);
      const previousY = edits === 0 ? 0 : previousX - (down ? k + 1 : k - 1);
      while (x > previousX && y > previousY) {
        x -= 1;
        y -= 1;
        kept.push([x, y]);
      }
      [x, y] = [previousX, previousY];
    }
    return kept.reverse();
  }

  // Rows of a unified difference: each has a kind and the index of its line before, after, or both.
  function differenceOf(before, after) {
    // A line that does not end is another line than one that does, as with diff(1).
    const compared = (line) => (line.open ? `${line.text}\n` : line.text);
    const rows = [];
    let [x, y, added, removed] = [0, 0, 0, 0];
    for (const [nextX, nextY] of [...keptLines(before.map(compared), after.map(compared)), [before.length, after.length]]) {
      const run = { removed: [], added: [] };
      for (; x < nextX; x += 1) run.removed.push({ kind: "removed", before: x });
      for (; y < nextY; y += 1) run.added.push({ kind: "added", after: y });
      if (run.removed.length === run.added.length) {
        run.removed.forEach((row, index) => {
          const other = run.added[index];
          [row.inner, other.inner] = innerDifference(before[row.before].text, after[other.after].text);
        });
      }
      rows.push(...run.removed, ...run.added);
      removed += run.removed.length;
      added += run.added.length;
      if (x < before.length && y < after.length) rows.push({ kind: "same", before: x, after: y });
      x += 1;
      y += 1;
    }
    return { rows, added, removed };
  }

  // The part of two lines that differs, if they have enough in common for that to help.
  function innerDifference(before, after) {
    let start = 0;
    const shorter = Math.min(before.length, after.length);
    while (start < shorter && before[start] === after[start]) start += 1;
    let end = 0;
    while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
    // A character of two code units is never cut in two.
    const isLow = (unit) => unit >= 0xdc00 && unit <= 0xdfff;
    if (isLow(before.charCodeAt(start)) || isLow(after.charCodeAt(start))) start = Math.max(0, start - 1);
    if (end > 0 && isLow(before.charCodeAt(before.length - end))) end -= 1;
    const common = start + end - (/^\s*/.exec(before.slice(0, start))[0].length);
    if (common * 3 < Math.max(before.trim().length, after.trim().length)) return [null, null];
    return [{ start, end: before.length - end }, { start, end: after.length - end }];
  }

  function lineCounts(difference) {
    const parts = [];
    if (difference.added) parts.push(element("span", { class: "plus" }, `+${difference.added}`));
    if (difference.removed) parts.push(element("span", { class: "minus" }, `−${difference.removed}`));
    return parts.flatMap((part, index) => (index ? [" ", part] : [part]));
  }

  function differenceTable(difference, before, after, beforeSide, label, coloured) {
    const body = element("tbody");
    const rowElement = (row) => {
      const [line, side] = row.kind === "removed" ? [before[row.before], beforeSide] : [after[row.after], "now"];
      const content = element("td", { class: "content" });
      appendLine(content, line, side, coloured, row.inner);
      if (line.open && row.kind !== "same") content.append(" ", element("span", { class: "unended" }, "no newline at the end"));
      const sign = { same: "", removed: "−", added: "+" }[row.kind];
      return element(
        "tr", { class: row.kind },
        element("td", { class: "at" }, row.before === undefined ? "" : String(row.before + 1)),
        element("td", { class: "at" }, row.after === undefined ? "" : String(row.after + 1)),
        element("td", { class: "sign", "aria-label": row.kind === "same" ? null : row.kind }, sign),
        content,
      );
    };
    const shown = difference.rows.map(() => false);
    difference.rows.forEach((row, index) => {
      if (row.kind === "same") return;
      for (let near = index - CONTEXT; near <= index + CONTEXT; near += 1) if (near in shown) shown[near] = true;
    });
    for (let index = 0; index < difference.rows.length; ) {
      let end = index;
      while (end < shown.length && shown[end] === shown[index]) end += 1;
      const rows = difference.rows.slice(index, end);
      // Folding a single line away saves nothing.
      if (shown[index] || rows.length === 1) body.append(...rows.map(rowElement));
      else body.append(gap(rows, rowElement));
      index = end;
    }
    return element("div", { class: "difference", tabindex: "0", role: "region", "aria-label": label }, element("table", {}, body));
  }

  function gap(rows, rowElement) {
    const row = element("tr", { class: "gap" });
    const button = element("button", { type: "button" }, `⋯ Show ${rows.length} unchanged lines`);
    button.addEventListener("click", () => {
      const unfolded = rows.map(rowElement);
      const region = row.closest(".difference");
      row.replaceWith(...unfolded);
      region.focus({ preventScroll: true });
    });
    row.append(element("td", { colspan: "4" }, button));
    return row;
  }

  // One item of a list of differences: { stage, title, status, before, after, beforeSide, about }.
  function card(item, attributes = {}) {
    const label = `${data.stages[item.stage]} ${item.title}`;
    const summary = element(
      "summary", {},
      element("span", { class: "stage" }, data.stages[item.stage]),
      element("h3", {}, element("bdi", {}, ...textNodes(item.title))),
      element("span", { class: `status ${item.status}` }, item.status),
      item.repeats ? element("span", { class: "stage" }, "the same lines as above") : null,
      element("span", { class: "lines" }, ...lineCounts(item.difference)),
    );
    const made = element("details", { class: "card document", ...attributes }, summary);
    // A folded card holds nothing yet: most are never opened.
    const fill = () => {
      if (!made.open || made.childElementCount > 1) return;
      if (item.about) made.append(item.about());
      const coloured = item.stage !== "notes";
      made.append(differenceTable(item.difference, item.before, item.after, item.beforeSide, `Difference of ${label}`, coloured));
      firstMark(made);
    };
    made.addEventListener("toggle", fill);
    // The event comes later; who scrolls to a card needs the cards above it at their height now.
    fillers.set(made, fill);
    return made;
  }

  const fillers = new WeakMap();

  function open(opened) {
    opened.open = true;
    fillers.get(opened)();
  }

  // One edit of the chart often changes a key in many scenarios whose texts are not quite the same.
  function markRepeated(items) {
    const seen = new Set();
    for (const item of items) {
      const lines = item.difference.rows.filter((row) => row.kind !== "same")
        .map((row) => (row.kind === "removed" ? `-${item.before[row.before].text}` : `+${item.after[row.after].text}`));
      const signature = JSON.stringify([item.stage, item.id, lines]);
      item.repeats = seen.has(signature);
      seen.add(signature);
    }
  }

  function openFirst(cards, items) {
    let lines = 0;
    cards.forEach((each, index) => {
      // What only says again what stands above it stays folded.
      if ((items[index].carrier && index > 0) || items[index].repeats) return;
      lines += items[index].difference.added + items[index].difference.removed;
      if (index === 0 || lines <= OPEN_LINES) open(each);
    });
  }

  // ---- Placeholders ----

  // One tab stop for all marks of a document; the arrow keys go from mark to mark.
  function firstMark(parent) {
    parent.querySelector("mark")?.setAttribute("tabindex", "0");
  }

  main.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "MARK" || event.altKey || event.ctrlKey || event.metaKey) return;
    const marks = [...event.target.closest("pre, .difference").querySelectorAll("mark")];
    const next = marks[marks.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });

  function definitions(said) {
    return element("dl", {}, ...said.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, ...textNodes(text))]));
  }

  function showTooltip(mark) {
    hideTooltip();
    const placeholder = sides[mark.dataset.side].placeholders.get(mark.dataset.name);
    const said = [["Position", placeholder?.position], ["Supplier", placeholder?.supplier], ["Unit", placeholder?.unit]];
    if (mark.classList.contains("missing")) said.unshift(["Argument", "missing in this argument set"]);
    else if (mark.classList.contains("empty")) said.unshift(["Argument", "empty text"]);
    tooltip.replaceChildren(
      element("span", { class: "name" }, ...textNodes(mark.dataset.name)),
      element("span", {}, ...textNodes(placeholder?.description ?? "The contract does not describe this placeholder.")),
      definitions(said.filter(([, text]) => text)),
    );
    tooltip.hidden = false;
    mark.setAttribute("aria-describedby", "tooltip");
    const place = mark.getClientRects()[0] ?? mark.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - tooltip.offsetWidth - 8));
    const below = place.bottom + 4 + tooltip.offsetHeight < window.innerHeight || place.top < tooltip.offsetHeight + 4;
    tooltip.style.left = `${left + window.scrollX}px`;
    tooltip.style.top = `${(below ? place.bottom + 4 : place.top - tooltip.offsetHeight - 4) + window.scrollY}px`;
  }

  function hideTooltip() {
    clearTimeout(hiding);
    tooltip.hidden = true;
    document.querySelector("[aria-describedby='tooltip']")?.removeAttribute("aria-describedby");
  }

  let hiding = 0;
  const hideSoon = () => { hiding = setTimeout(hideTooltip, 150); };
  main.addEventListener("pointerover", (event) => {
    const mark = event.target.closest("mark");
    if (mark) showTooltip(mark);
  });
  main.addEventListener("pointerout", (event) => { if (event.target.closest("mark")) hideSoon(); });
  main.addEventListener("click", (event) => {
    const mark = event.target.closest("mark");
    if (mark) showTooltip(mark);
  });
  main.addEventListener("focusin", (event) => { if (event.target.tagName === "MARK") showTooltip(event.target); });
  main.addEventListener("focusout", hideSoon);
  tooltip.addEventListener("pointerenter", () => clearTimeout(hiding));
  tooltip.addEventListener("pointerleave", hideSoon);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTooltip(); });

  // ---- Documents ----

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers that do not take a file for a secure context have no clipboard object.
      const area = element("textarea", { class: "only-read", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) return false;
    }
    return true;
  }

  function copyButton(text) {
    const button = element("button", { type: "button", class: "button", id: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      const said = (await copy(text)) ? "Copied" : "Could not copy";
      button.focus({ preventScroll: true });
      button.textContent = said;
      announce(said);
      setTimeout(() => { button.textContent = "Copy"; announce(""); }, 1600);
    });
    return button;
  }

  function wrapControl() {
    const box = element("input", { type: "checkbox", class: "wrap", checked: wrapped });
    box.addEventListener("change", () => {
      wrapped = box.checked;
      view.classList.toggle("wrapped", wrapped);
      staticSections.changes?.classList.toggle("wrapped", wrapped);
      // Every view has a box of its own; they all say the same.
      document.querySelectorAll("input.wrap").forEach((other) => { other.checked = wrapped; });
    });
    return element("label", { class: "check" }, box, "Wrap lines");
  }

  function documentArticle(shown, argumentSet) {
    const lines = documentLines(shown.stage, shown.content, argumentSet);
    const code = element("code");
    for (const line of lines) {
      const made = element("span", { class: "line" });
      appendLine(made, line, "now", shown.stage !== "notes");
      made.append("\n");
      code.append(made);
    }
    const label = argumentSet ? `${shown.title}, filled with ${argumentSet.name}` : shown.title;
    const names = new Map();
    for (const line of lines) for (const mark of line.marks) names.set(mark.name, (names.get(mark.name) ?? 0) + 1);
    const article = element(
      "article", { class: "document", "aria-labelledby": "document-title" },
      element(
        "header", {},
        element(
          "div", {},
          element("h3", { id: "document-title" }, element("bdi", {}, ...textNodes(shown.title))),
          element("p", { class: "origin" }, shown.origin ? `${shown.stage === "template" ? "in " : ""}${shown.origin} · ` : "", plural(lines.length, "line", "lines")),
        ),
        element("div", { class: "actions" }, wrapControl(), copyButton(documentText(shown.stage, shown.content, argumentSet))),
      ),
      lines.length > 0
        ? element("pre", { tabindex: "0", role: "region", "aria-label": label }, code)
        : element("p", { class: "empty-text" }, "This text is empty."),
      names.size > 0 ? placeholderTable(names, argumentSet) : null,
    );
    firstMark(article);
    return article;
  }

  function placeholderTable(names, argumentSet) {
    const rows = [...names].map(([name, count]) => {
      const placeholder = now.placeholders.get(name);
      const argument = argumentSet && Object.hasOwn(argumentSet.encoded, name) ? argumentSet.encoded[name] : null;
      return element(
        "tr", {},
        element("th", { scope: "row", class: "code" }, ...textNodes(name)),
        argumentSet ? element("td", { class: "code spliced", "data-label": "Argument" }, argument === null ? "missing" : argument === "" ? "∅" : textNodes(argument)) : null,
        element("td", {}, ...textNodes(placeholder?.description ?? "")),
        element("td", { "data-label": "Position" }, placeholder?.position ?? "–"),
        element("td", { "data-label": "Supplier" }, ...textNodes(placeholder?.supplier ?? "–")),
        element("td", { "data-label": "Unit" }, ...textNodes(placeholder?.unit ?? "–")),
        element("td", { class: "number", "data-label": "Times" }, String(count)),
      );
    });
    const titles = ["Placeholder", ...(argumentSet ? ["Argument"] : []), "Description", "Position", "Supplier", "Unit", "Times"];
    return element(
      "details", { class: "uses" },
      element("summary", {}, plural(names.size, "placeholder", "placeholders"), " in this template"),
      element(
        "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Placeholders in this template" },
        element("table", { class: "stack" }, element("thead", {}, element("tr", {}, titles.map((title) => element("th", { scope: "col" }, title)))), element("tbody", {}, rows)),
      ),
    );
  }

  // The documents to choose from: links on a wide screen, one select on a narrow one.
  function chooser(label, groups, current, hrefOf) {
    const list = element("nav", { class: "list", "aria-label": label });
    const select = element("select", { id: "choose" });
    for (const [title, documents] of groups) {
      if (title) list.append(element("h3", {}, ...textNodes(title)));
      const into = title ? element("optgroup", { label: title }) : select;
      if (title) select.append(into);
      list.append(element("ul", { class: "plain" }, documents.map((each) => {
        into.append(element("option", { value: hrefOf(each), selected: each === current }, each.title));
        return element("li", {}, element("a", { href: hrefOf(each), "aria-current": each === current ? "true" : null }, ...textNodes(each.title)));
      })));
    }
    select.addEventListener("change", () => { location.hash = select.value; });
    return [list, element("div", { class: "field choose" }, element("label", { for: "choose" }, label), select)];
  }

  function groupedByOrigin(documents) {
    const groups = new Map();
    for (const each of documents) groups.set(each.origin, [...(groups.get(each.origin) ?? []), each]);
    return [...groups];
  }

  function selection(id, label, options, current, onchange) {
    const select = element("select", { id }, options.map(([value, text, disabled]) =>
      element("option", { value, selected: value === current, disabled }, text)));
    select.addEventListener("change", () => onchange(select.value));
    return element("div", { class: "field" }, element("label", { for: id }, label), select);
  }

  function notice(...children) {
    return element("p", { class: "notice" }, ...children);
  }

  // ---- Views ----

  function heading(title, tagline, ...actions) {
    return element(
      "div", { class: "heading" },
      element("div", {}, element("h2", { id: "view-heading", tabindex: "-1" }, element("bdi", {}, ...textNodes(title))), tagline ? element("p", {}, ...textNodes(tagline)) : null),
      ...actions,
    );
  }

  function scenarioView(state) {
    const scenario = now.scenarios.get(state.scenario);
    if (!scenario) return [heading("No such scenario"), notice(`There is no scenario “${state.scenario}” in this review.`)];
    const templates = scenario.at("template");
    const objects = [...scenario.at("object"), ...scenario.at("notes")];
    const filledCount = templates.reduce((sum, each) => sum + fittingSets(each).length, 0);
    const section = Object.hasOwn(SECTIONS, state.section ?? "") ? state.section : templates.length > 0 ? "filled" : "objects";
    const counts = { objects: objects.length, templates: templates.length, filled: filledCount, values: null };
    const tabs = element("nav", { class: "sections", "aria-label": `Sections of ${scenario.name}` }, element("ul", {}, Object.entries(SECTIONS).map(([name, title]) => {
      // Between the unfilled and the filled template the key stays.
      const key = ["templates", "filled"].includes(name) && ["templates", "filled"].includes(section) ? state.key : null;
      const href = address({ scenario: scenario.name, section: name, key, set: key && state.set });
      return element("li", {}, element("a", { href, "aria-current": name === section ? "page" : null }, title,
        counts[name] === null ? null : [" ", element("span", { class: "badge" }, String(counts[name]))]));
    })));
    const other = [...now.scenarios.keys()].find((name) => name !== scenario.name) ?? scenario.name;
    const compare = element("a", { class: "button", href: address({ view: "compare", from: other, to: scenario.name }) }, "Compare with another");
    const show = { objects: objectsSection, templates: templatesSection, filled: filledSection, values: valuesSection }[section];
    return [heading(scenario.name, scenario.title, compare), tabs, ...show(state, scenario, section)];
  }

  function chosen(documents, state) {
    return state.key ? documents.find((each) => each.id === state.key) : documents[0];
  }

  function noSuch(state, scenario) {
    return notice(`The scenario ${scenario.name} has no “${state.key}” here.`);
  }

  function objectsSection(state, scenario, section) {
    const documents = [...scenario.at("object"), ...scenario.at("notes")];
    if (documents.length === 0) return [notice("Helm renders nothing in this scenario.")];
    const current = chosen(documents, state);
    const hrefOf = (each) => address({ scenario: scenario.name, section, key: each.id });
    const [list, select] = chooser("Object", groupedByOrigin(documents), current, hrefOf);
    return [element("div", { class: "split" }, list, element("div", {}, select, current ? documentArticle(current, null) : noSuch(state, scenario)))];
  }

  function templatesSection(state, scenario, section) {
    const documents = scenario.at("template");
    if (documents.length === 0) return [notice("No object of this scenario carries a service template.")];
    const current = chosen(documents, state);
    const hrefOf = (each) => address({ scenario: scenario.name, section, key: each.id, set: state.set });
    const groups = groupedByOrigin(documents);
    const [list, select] = chooser("Service template", groups.length > 1 ? groups : [[null, documents]], current, hrefOf);
    return [element("div", { class: "split" }, list, element("div", {}, select, current ? documentArticle(current, null) : noSuch(state, scenario)))];
  }

  function fittingSets(shown) {
    return data.now.argument_sets.filter((each) => !each.not_for.includes(shown.key));
  }

  function filledSection(state, scenario, section) {
    const documents = scenario.at("template");
    if (documents.length === 0) return [notice("No object of this scenario carries a service template.")];
    if (data.now.argument_sets.length === 0) return [notice("There is no argument set to fill the service templates with.")];
    const current = chosen(documents, state);
    // A link to another key keeps the argument set if it is for that key.
    const hrefOf = (each) => {
      const keeps = fittingSets(each).some((one) => one.name === state.set);
      return address({ scenario: scenario.name, section, key: each.id, set: keeps ? state.set : null });
    };
    const groups = groupedByOrigin(documents);
    const [list, select] = chooser("Service template", groups.length > 1 ? groups : [[null, documents]], current, hrefOf);
    const side = element("div", {}, select);
    if (!current) {
      side.append(noSuch(state, scenario));
      return [element("div", { class: "split" }, list, side)];
    }
    const fitting = fittingSets(current);
    const argumentSet = state.set ? now.argumentSets.get(state.set) : fitting[0];
    const options = data.now.argument_sets.map((each) => {
      const fits = fitting.includes(each);
      return [each.name, fits ? each.name : `${each.name} (not for this key)`, !fits];
    });
    const choose = (set) => { location.hash = address({ scenario: scenario.name, section, key: current.id, set }); };
    const controls = element("div", { class: "controls first" }, selection("set", "Argument set", options, argumentSet?.name, choose),
      argumentSet ? element("p", { class: "description" }, ...textNodes(argumentSet.description)) : null);
    side.append(controls);
    if (!argumentSet) side.append(notice(state.set ? `There is no argument set “${state.set}” in this review.` : "No argument set is for this key."));
    else if (!fitting.includes(argumentSet)) {
      side.append(notice(`The argument set ${argumentSet.name} is not for this key: it leaves out ${argumentSet.skip.join(", ")}.`));
    } else side.append(documentArticle(current, argumentSet));
    return [element("div", { class: "split" }, list, side)];
  }

  function valuesSection(state, scenario) {
    const [values] = scenario.at("values");
    return [element("div", { class: "split wide" }, documentArticle(values, null))];
  }

  // ---- Compare ----

  function compareView(state) {
    const names = [...now.scenarios.keys()];
    if (names.length === 0) return [heading("Compare"), notice("There is no scenario in this review.")];
    const from = now.scenarios.get(state.from ?? names[0]);
    const to = now.scenarios.get(state.to ?? names[1] ?? names[0]);
    const setOf = (name) => (name ? now.argumentSets.get(name) : null);
    const sets = [["", "unfilled"], ...data.now.argument_sets.map((each) => [each.name, each.name])];
    const current = { view: "compare", from: from?.name, fromSet: state.fromSet, to: to?.name, toSet: state.toSet };
    const go = (change) => { location.hash = address({ ...current, ...change }); };
    const pick = (legend, scenarioField, setField) => element(
      "fieldset", {},
      element("legend", {}, legend),
      selection(scenarioField, "Scenario", names.map((name) => [name, name]), current[scenarioField], (name) => go({ [scenarioField]: name })),
      selection(setField, "Service templates", sets.map(([value, text]) => [value, value ? `filled: ${text}` : text]), current[setField] ?? "", (set) => {
        // Comparing across argument sets is the rarer wish: the other side follows unless it was set apart.
        const otherField = setField === "fromSet" ? "toSet" : "fromSet";
        go({ [setField]: set, ...((current[otherField] ?? "") === (current[setField] ?? "") && from !== to ? { [otherField]: set } : {}) });
      }),
    );
    const swap = element("a", { class: "button", href: address({ view: "compare", from: to?.name, fromSet: state.toSet, to: from?.name, toSet: state.fromSet }) }, "⇄ Swap");
    const controls = element("div", { class: "controls" }, pick("From", "from", "fromSet"), pick("To", "to", "toSet"), swap, wrapControl());
    const parts = [heading("Compare", "Two scenarios, or one scenario filled with two argument sets."), controls];
    if (!from || !to) return [...parts, notice("One of these scenarios is not in this review.")];
    const [fromSet, toSet] = [setOf(state.fromSet), setOf(state.toSet)];
    if (fromSet === undefined || toSet === undefined) return [...parts, notice("One of these argument sets is not in this review.")];
    const { items, same, leftOut } = compared(from, fromSet, to, toSet);
    if (items.length === 0) {
      parts.push(element("p", { class: "notice good" }, element("strong", {}, "No differences"), ` in ${plural(same.length, "document", "documents")}.`));
    } else parts.push(...differenceList(items, current, state.item));
    if (same.length > 0 && items.length > 0) {
      parts.push(element("details", { class: "same quiet" }, element("summary", {}, `${plural(same.length, "document is", "documents are")} the same`),
        element("ul", {}, same.map((each) => element("li", {}, `${data.stages[each.stage]}: `, ...textNodes(each.title))))));
    }
    if (leftOut.length > 0) {
      parts.push(element("details", { class: "same quiet" }, element("summary", {}, `${plural(leftOut.length, "key is", "keys are")} left out: not for the argument set`),
        element("ul", {}, leftOut.map((title) => element("li", {}, ...textNodes(title))))));
    }
    return parts;
  }

  function compared(from, fromSet, to, toSet) {
    const collect = (scenario) => new Map(scenario.documents
      .filter((each) => each.stage !== "scenario").map((each) => [`${each.stage} ${each.id}`, each]));
    const [olds, news] = [collect(from), collect(to)];
    const items = [];
    const same = [];
    const leftOut = [];
    for (const identity of new Set([...news.keys(), ...olds.keys()])) {
      const [old, recent] = [olds.get(identity), news.get(identity)];
      const { stage, id, title, key, carrier } = recent ?? old;
      // A document that one argument set is not meant to fill is neither added nor removed.
      if (stage === "template" && [fromSet, toSet].some((set) => set?.not_for.includes(key))) {
        leftOut.push(title);
        continue;
      }
      const text = (each, set) => each && documentText(stage, each.content, set);
      if (old && recent && text(old, fromSet) === text(recent, toSet)) {
        same.push({ stage, title });
        continue;
      }
      const before = documentLines(stage, old ? old.content : null, fromSet);
      const after = documentLines(stage, recent ? recent.content : null, toSet);
      const status = !old ? "added" : !recent ? "removed" : "changed";
      items.push({ stage, id, title, carrier, status, before, after, beforeSide: "now", difference: differenceOf(before, after) });
    }
    const order = Object.keys(data.stages);
    items.sort((one, other) => order.indexOf(one.stage) - order.indexOf(other.stage));
    return { items, same, leftOut };
  }

  function differenceList(items, current, opened) {
    const identity = (item) => `${item.stage} ${item.id}`;
    const cards = items.map((item) => card(item, { "data-item": identity(item) }));
    openFirst(cards, items);
    const rows = items.map((item) => element(
      "tr", {},
      element("th", { scope: "row" }, element(
        "div", { class: "what" },
        element("span", { class: "stage" }, data.stages[item.stage]), " ",
        element("a", { href: address({ ...current, item: identity(item) }) }, ...textNodes(item.title)),
        item.carrier ? element("span", { class: "remark" }, "carries the service templates") : null,
      )),
      element("td", {}, element("span", { class: `status ${item.status}` }, item.status)),
      element("td", { class: "lines" }, ...lineCounts(item.difference)),
    ));
    const wanted = cards.find((each) => each.dataset.item === opened);
    if (wanted) open(wanted);
    return [
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What differs" },
        element("table", { class: "changes" }, element("thead", {}, element("tr", {}, ["What", "Change", "Lines"].map((title) => element("th", { scope: "col" }, title)))), element("tbody", {}, rows))),
      ...cards,
    ];
  }

  // ---- Changes against an earlier review ----

  // The table is in the page already; the lines' counts and the differences below it are made here.
  function changesView(state) {
    if (!data.changes || data.changes.length === 0) return;
    const holder = document.getElementById("change-cards");
    const setName = state.set ?? "";
    if (holder.dataset.set !== setName) {
      holder.dataset.set = setName;
      const items = data.changes.map((change) => changeItem(change, setName));
      markRepeated(items);
      document.querySelectorAll("[data-change]").forEach((row) => {
        const item = items[Number(row.dataset.change)];
        row.querySelector(".lines").replaceChildren(...lineCounts(item.difference));
        row.querySelector("a").setAttribute("href", address({ view: "changes", set: setName, change: row.dataset.change }));
      });
      const cards = items.map((item, index) => card(item, { "data-card": String(index) }));
      const names = new Set([...now.argumentSets.keys(), ...sides.before.argumentSets.keys()]);
      const options = [["", "unfilled"], ...[...names].map((name) => [name, `filled: ${name}`])];
      const controls = element("div", { class: "controls" },
        selection("changes-set", "Service templates", options, setName, (set) => { location.hash = address({ view: "changes", set }); }), wrapControl());
      holder.replaceChildren(controls, ...cards);
      openFirst(cards, items);
    }
    const wanted = state.change && holder.querySelector(`[data-card="${CSS.escape(state.change)}"]`);
    if (wanted) open(wanted);
  }

  function changeItem(change, setName) {
    const argumentsOf = (side, other) => setName && change.stage === "template" ? side.argumentSets.get(setName) ?? other.argumentSets.get(setName) : null;
    const before = documentLines(change.stage, change.before, argumentsOf(sides.before, now));
    const after = documentLines(change.stage, change.after, argumentsOf(now, sides.before));
    const difference = differenceOf(before, after);
    const about = () => {
      const parts = [];
      if (change.origin) parts.push(element("span", {}, change.stage === "arguments" ? change.origin : `in ${change.origin}`));
      if (change.scenarios.length > 0 && change.stage !== "scenario") {
        parts.push(element("span", {}, change.scenarios.length > 1 ? "Scenarios: " : "Scenario: ", ...change.scenarios.flatMap((name, index) => [index ? ", " : "", scenarioLink(change, name, setName)])));
      }
      const set = setName && change.stage === "template" ? now.argumentSets.get(setName) ?? sides.before.argumentSets.get(setName) : null;
      if (change.status === "changed" && difference.added + difference.removed === 0) parts.push(element("span", {}, "The text is the same, what it is filled to is not: choose an argument set above."));
      if (set?.not_for.includes(change.key)) parts.push(element("span", {}, `Only shown: the argument set ${setName} is not for this key.`));
      return element("p", { class: "about" }, ...(parts.length ? parts : [""]));
    };
    return { ...change, before, after, beforeSide: "before", about, difference };
  }

  function scenarioLink(change, name, setName) {
    const section = { template: setName ? "filled" : "templates", object: "objects", notes: "objects", values: "values", scenario: "values" }[change.stage];
    if (change.after === null || !now.scenarios.has(name)) return element("bdi", {}, ...textNodes(name));
    return element("a", { href: address({ scenario: name, section, key: section === "values" ? null : change.id, set: section === "filled" ? setName : null }) }, ...textNodes(name));
  }

  // ---- The address ----

  function stateOf(hash) {
    const state = Object.fromEntries(new URLSearchParams(hash.slice(1)));
    if (state.scenario !== undefined) state.view = "scenario";
    if (!["scenario", "compare"].includes(state.view) && !staticSections[state.view]) {
      state.view = data.changes && data.changes.length > 0 ? "changes" : "overview";
    }
    return state;
  }

  // How to find the control that has the focus in what is made next.
  function selectorOf(focused) {
    if (!focused || !view.contains(focused)) return null;
    if (focused.id) return `#${CSS.escape(focused.id)}`;
    const href = focused.getAttribute("href");
    const within = [".list", ".sections"].find((selector) => focused.closest(selector)) ?? "";
    return href ? `${within} [href="${CSS.escape(href)}"]` : null;
  }

  // scrollIntoView would move the page as well.
  function revealTab(tabs, tab) {
    const beyond = tab.getBoundingClientRect().right - tabs.getBoundingClientRect().right;
    if (beyond > 0) tabs.scrollLeft += beyond + 8;
  }

  let shownState = null;

  function show() {
    // A fragment without "=" is a place on the page, not a view: the skip link.
    if (shownState && location.hash.length > 1 && !location.hash.includes("=")) return;
    const state = stateOf(location.hash);
    const focusedSelector = selectorOf(document.activeElement);
    hideTooltip();
    const isStatic = state.view in staticSections;
    for (const [name, section] of Object.entries(staticSections)) if (section) section.hidden = name !== state.view;
    view.hidden = isStatic;
    view.classList.toggle("wrapped", wrapped);
    staticSections.changes?.classList.toggle("wrapped", wrapped);
    if (state.view === "changes") changesView(state);
    view.replaceChildren(...(state.view === "scenario" ? scenarioView(state) : state.view === "compare" ? compareView(state) : []));
    markCurrent(state);
    const tab = view.querySelector(".sections [aria-current]");
    if (tab) revealTab(tab.closest("nav"), tab);
    document.title = `${titleOf(state)} · ${pageTitle}`;
    settle(state, focusedSelector);
    shownState = state;
  }

  function titleOf(state) {
    if (state.view === "scenario") return [state.key, state.set, state.scenario].filter(Boolean).join(" · ");
    return state.view === "changes" ? `Changes against ${data.againstName}` : viewNames[state.view];
  }

  function markCurrent(state) {
    for (const link of document.querySelectorAll("#views a")) {
      const isCurrent = link.dataset.scenario !== undefined ? state.view === "scenario" && link.dataset.scenario === state.scenario : link.dataset.view === state.view;
      if (isCurrent) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      // Going to another scenario keeps the section, the key and the argument set, if they are there.
      const scenario = now.scenarios.get(link.dataset.scenario);
      if (!scenario) continue;
      const keeps = state.view === "scenario" && scenario.documents.some((each) => each.id === state.key);
      const section = state.view === "scenario" ? state.section : null;
      link.setAttribute("href", address({ scenario: scenario.name, section, key: keeps ? state.key : null, set: keeps ? state.set : null }));
    }
    document.getElementById("menu-current").textContent = state.view === "scenario" ? state.scenario : viewNames[state.view];
    menu.setAttribute("aria-expanded", "false");
  }

  // Where focus and scroll position go: to the same control if it is there again, else to what is new.
  function settle(state, focusedSelector) {
    const item = state.view === "compare" ? state.item : state.view === "changes" ? state.change : undefined;
    if (item !== undefined) {
      const wanted = [...main.querySelectorAll("[data-item], [data-card]")].find((each) => (each.dataset.item ?? each.dataset.card) === item && each.closest("[hidden]") === null);
      if (wanted) {
        wanted.scrollIntoView({ block: "start" });
        wanted.querySelector("summary").focus({ preventScroll: true });
        return;
      }
    }
    if (!shownState) return;
    const samePlace = shownState.view === state.view && shownState.scenario === state.scenario && (shownState.section ?? "filled") === (state.section ?? "filled");
    const again = focusedSelector && view.querySelector(focusedSelector);
    if (again) again.focus({ preventScroll: true });
    if (samePlace) {
      // In the middle of a long document a choice of another one starts at its top.
      const shown = view.querySelector(".document:not(.card)");
      if (shown && shownState.key !== state.key && shown.getBoundingClientRect().top < 0) shown.parentElement.scrollIntoView({ block: "start" });
      return;
    }
    window.scrollTo(0, 0);
    if (!again) (view.hidden ? staticSections[state.view] : view).querySelector("h2").focus({ preventScroll: true });
  }

  menu.hidden = false;
  menu.addEventListener("click", () => {
    menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true"));
  });
  // A choice of the view that is shown already changes no address, so nothing else would close the menu.
  document.getElementById("views").addEventListener("click", () => menu.setAttribute("aria-expanded", "false"));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", show);
  show();
})();
