/// <reference lib="dom" />
/** Elements of the page: those that are there, and those that are made. */

/** The element of an id, which `index.html` has. */
export function element<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** Makes an element of what it has and holds. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (string | Node)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A row of a chart of bars: what it is about, its bar, and how much that is in words. */
export function makeRow(label: HTMLElement = make("span", { className: "class" })) {
  const bar = make("span", { className: "bar" });
  const share = make("span", { className: "share" });
  const row = make("li", {}, label, make("span", { className: "track" }, bar), share);
  /** Moves the bar out of its track, from 0 % to −101 %, where nothing is left of it. */
  const show = (percent: number, words: string, isFirst: boolean) => {
    bar.style.transform = `translateX(${percent}%)`;
    share.textContent = words;
    row.classList.toggle("first", isFirst);
  };
  return { row, label, show };
}
