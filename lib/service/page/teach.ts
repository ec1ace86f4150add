/// <reference lib="dom" />
/** Teaching on the page: examples of each class, drawn or photographed, and what is learnt from them. */

import type { Explanation } from "../explain.ts";
import { element, make, makeRow } from "./elements.ts";
import { Helper } from "./helper.ts";
import { drawPixels } from "./inside.ts";
import { cleanClassName, Lesson } from "./lesson.ts";
import { pad } from "./pad.ts";
import { greyOf } from "./pixels.ts";
import { type ReadDigit, reader, type ServedModel } from "./reader.ts";
import type { TeachingSkills } from "./teacher.ts";
import { texts } from "./texts.ts";

/** What the page does for teaching. */
interface Page {
  /** Opens a picture file. */
  toCanvas(file: Blob): Promise<HTMLCanvasElement>;
  /** Tells everybody. */
  tell(text: string): void;
}

/** Where the browser keeps the lesson. */
const KEY = "lesson";

/** Teaching. */
export class Teaching {
  /** What is taught, as the models of the reader are. */
  readonly model: ServedModel = { name: "teach", classes: [] };
  #page: Page;
  #lesson = Lesson.fromText(remembered());
  #teacher = new Helper<TeachingSkills>("teacher.js");
  #started: Promise<void> | undefined;
  #isLoaded = false;
  /** Whether an example is looked at, which is not given twice. */
  #isGiving = false;
  /** Examples that were drawn here, which are kept too. */
  #given = new Set<Uint8Array>();
  #keeping: Promise<void> = Promise.resolve();
  /** The class that was given an example last. */
  #last: string | undefined;
  #rows = new Map<string, ReturnType<typeof makeRow>>();

  constructor(page: Page) {
    this.#page = page;
    element("new-class").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin(element<HTMLInputElement>("class-name").value);
    });
    element("take-back").addEventListener("click", () => this.undo());
    element("save-examples").addEventListener("click", async () => {
      save("examples.zip", await this.#teacher.run("packExamples", this.#lesson.examples));
    });
    element("save-recogniser").addEventListener("click", async () => {
      save("recogniser.zip", await this.#teacher.run("pack"));
    });
    element<HTMLInputElement>("open-examples").addEventListener("change", async ({ target }) => {
      const input = target as HTMLInputElement;
      await this.open([...input.files!]);
      input.value = "";
    });
  }

  /** Fetches the network, once, and learns what the browser remembers. */
  load(): Promise<void> {
    this.#started ??= this.#start();
    this.#started.catch(() => this.#started = undefined);
    return this.#started;
  }

  async #start(): Promise<void> {
    this.#render();
    await this.#teacher.run("learn", new Map());
    this.#isLoaded = true;
    await this.#learn();
  }

  /** Reads the symbol in a picture. */
  async read(_model: ServedModel, picture: HTMLCanvasElement): Promise<ReadDigit[]> {
    return this.#isLoaded ? await this.#teacher.run("read", greyOf(picture)) : [];
  }

  /** Explains why pixels are read as a class; nothing as long as none is learnt. */
  async explain(
    { classes }: ServedModel,
    pixels: Uint8Array,
    name: string,
  ): Promise<Explanation | undefined> {
    return classes.includes(name) ? await this.#teacher.run("explain", pixels, name) : undefined;
  }

  /** Shows how probable each class is. */
  show(answer?: ReadDigit): void {
    const { classes } = this.model;
    for (const [name, { show }] of this.#rows) {
      const probability = answer?.probabilities[classes.indexOf(name)];
      const words = probability === undefined ? "" : percent(probability);
      show(100 * (probability ?? 0) - 101, words, words !== "" && name === answer?.label);
    }
  }

  /** Says what is to be done where there is no answer yet. */
  get advice(): string {
    if (!this.#isLoaded) return this.#started ? texts.loading : texts.notLoaded;
    const taught = [...this.#lesson.examples.values()].filter(({ length }) => length > 0).length;
    if (taught > 1) return "";
    return taught === 1 ? texts.teachSecond : texts.nameAndDraw;
  }

  /** Takes the last change of the lesson back. */
  async undo(): Promise<void> {
    this.#lesson.undo();
    await this.#changed(texts.takenBack);
  }

  /** Gives what is on the paper to a class; to the last one, if none is named. */
  async give(name = this.#last): Promise<void> {
    if (name === undefined) return this.#page.tell(texts.nameFirst);
    if (this.#isGiving) return;
    this.#isGiving = true;
    const picture = pad.isEmpty ? undefined : pad.toPicture();
    if (picture && !this.#isLoaded) this.#page.tell(texts.loading);
    const pixels = picture &&
      await this.load().then(() => this.#see(picture)).catch(() => undefined);
    this.#isGiving = false;
    if (!pixels) {
      this.#last = name;
      return this.#page.tell(this.#isLoaded ? texts.drawExample(name) : this.advice);
    }
    clearPad();
    this.#given.add(pixels);
    await this.#add([[name, [pixels]]]);
  }

  /** Opens files: zips of examples, or pictures, which are examples of the last class. */
  async open(files: File[]): Promise<void> {
    await this.load();
    const found: [string, Uint8Array[]][] = [];
    let unread = 0;
    const see = async (name: string, file: Blob) => {
      const pixels = await this.#page.toCanvas(file)
        .then((canvas) => this.#see(canvas), () => undefined);
      if (pixels) found.push([name, [pixels]]);
      else unread++;
    };
    try {
      for (const file of files) {
        if (/\.zip$/i.test(file.name)) {
          const archive = new Uint8Array(await file.arrayBuffer());
          const pictures = await this.#teacher.run("unpackPictures", archive);
          for (const { name, bytes } of pictures) await see(name, new Blob([bytes]));
        } else if (this.#last !== undefined) await see(this.#last, file);
        else return this.#page.tell(texts.nameFirst);
      }
    } catch {
      return this.#page.tell(texts.noZip);
    }
    await this.#add(found, texts.opened(found.length, unread));
  }

  async #see(picture: HTMLCanvasElement): Promise<Uint8Array | undefined> {
    return (await this.read(this.model, picture))[0]?.pixels;
  }

  /** Begins a class, with what is on the paper. */
  async #begin(text: string): Promise<void> {
    const name = cleanClassName(text);
    if (name === "") return this.#page.tell(texts.needsName);
    element<HTMLInputElement>("class-name").value = "";
    if (!pad.isEmpty) return await this.give(name);
    this.#last = name;
    await this.#add([[name, []]], texts.drawExample(name));
    clearPad();
  }

  async #add(more: [name: string, pictures: Uint8Array[]][], told?: string): Promise<void> {
    try {
      this.#lesson.add(more);
    } catch {
      return this.#page.tell(texts.lessonFull);
    }
    this.#last = more.at(-1)?.[0] ?? this.#last;
    const count = this.#lesson.examples.get(this.#last!)?.length;
    await this.#changed(told ?? `${this.#last}: ${texts.examples(count ?? 0)}`);
  }

  async #changed(told: string): Promise<void> {
    if (!this.#lesson.examples.has(this.#last!)) this.#last = undefined;
    this.#render();
    try {
      localStorage.setItem(KEY, this.#lesson.toText());
    } catch {
      told += `. ${texts.notRemembered}`;
    }
    this.#keeping = this.#keeping.then(() => this.#keep())
      .catch(({ message }) => this.#page.tell(message));
    if (this.#isLoaded) await this.#learn();
    this.#page.tell([told.replace(/\.$/, ""), this.advice].filter(Boolean).join(". "));
  }

  /** Has what was given here kept as of the classes that it is of now, and no more if it is of none. */
  async #keep(): Promise<void> {
    const names = new Map(
      Array.from(
        this.#lesson.examples,
        ([name, pictures]) => pictures.map((pixels) => [pixels, name] as const),
      ).flat(),
    );
    for (const pixels of this.#given) {
      await reader.keeper?.keepAs(pixels, names.get(pixels));
    }
  }

  async #learn(): Promise<void> {
    this.model.classes = await this.#teacher.run("learn", this.#lesson.examples);
    element<HTMLButtonElement>("save-recogniser").disabled = this.model.classes.length === 0;
    pad.onChange();
  }

  #render(): void {
    const focused = document.activeElement?.ariaLabel;
    const { examples, count, canUndo } = this.#lesson;
    this.#rows.clear();
    element("classes").replaceChildren(
      ...Array.from(examples, ([name, pictures]) => this.#renderClass(name, pictures)),
    );
    element<HTMLButtonElement>("take-back").disabled = !canUndo;
    element<HTMLButtonElement>("save-examples").disabled = count === 0;
    const named = element("classes").querySelectorAll<HTMLElement>("[aria-label]");
    Array.from(named).find(({ ariaLabel }) => ariaLabel === focused)?.focus();
  }

  #renderClass(name: string, pictures: readonly Uint8Array[]): HTMLElement {
    const input = make("input", { value: name, title: name, ariaLabel: texts.nameOf(name) });
    input.addEventListener("change", () => this.#rename(name, input));
    const made = makeRow(input);
    const add = button(texts.add, texts.addTo(name), () => this.give(name));
    add.classList.toggle("last", name === this.#last);
    const drop = button("×", texts.removeClass(name), () => {
      this.#lesson.drop(name);
      this.#changed(texts.removed(name));
    });
    drop.className = "drop";
    const examples = pictures.map((pixels, i) => this.#renderExample(name, pixels, i));
    made.row.append(add, drop, make("div", { className: "examples" }, ...examples));
    this.#rows.set(name, made);
    return made.row;
  }

  #renderExample(name: string, pixels: Uint8Array, i: number): HTMLElement {
    const canvas = make("canvas");
    drawPixels(canvas, pixels);
    return button(canvas, texts.removeExample(i + 1, name), () => {
      this.#lesson.remove(name, i);
      this.#changed(texts.exampleRemoved(name));
    });
  }

  async #rename(from: string, input: HTMLInputElement): Promise<void> {
    const name = cleanClassName(input.value);
    if (name === "" || name === from) {
      input.value = from;
      return;
    }
    this.#lesson.rename(from, name);
    if (this.#last === from) this.#last = name;
    await this.#changed(texts.renamed(from, name));
  }
}

/** Makes the paper ready for the next drawing. */
function clearPad(): void {
  pad.clear();
  // Where there are keys; where there are none, the help for them would move what a finger aims at.
  if (matchMedia("(hover: hover)").matches) element("pad").focus({ preventScroll: true });
}

/** What the browser kept; nothing where it keeps nothing. */
function remembered(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function button(content: string | Node, label: string, onclick: () => void): HTMLElement {
  return make("button", { type: "button", ariaLabel: label, title: label, onclick }, content);
}

/** Rounded down, as all that the page is sure of. */
function percent(share: number): string {
  return `${Math.min(99, Math.floor(100 * share))}\u00a0%`;
}

/** Hands a file to the browser to save. */
function save(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const href = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
