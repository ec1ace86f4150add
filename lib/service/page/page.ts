/// <reference lib="dom" />
/** The page: what is drawn goes to the reader, what it reads is shown. */

import { element, make, makeRow } from "./elements.ts";
import { drawPixels, showInside } from "./inside.ts";
import { pad } from "./pad.ts";
import { type ReadDigit, reader, type ServedModel } from "./reader.ts";
import { Teaching } from "./teach.ts";
import { texts } from "./texts.ts";

/** Longest side of a picture that is read, in pixels; larger ones are reduced here. */
const LONGEST_SIDE = 1600;

/** Milliseconds without a change after which an answer is said aloud, and explained. */
const REST = 500;

/** Milliseconds after which a question that failed is put again. */
const PATIENCE = 3000;

/** What another try does not mend. */
const FINAL = [texts.noPicture, texts.pictureTooLarge];

/** Probability under which the best guess is no guess: something else is likelier. */
const LIKELY = 0.5;

/** What the page asks people to draw for a model, in words and as a line. */
const INVITATIONS: Record<string, { words: string; line: string }> = {
  "digits": {
    words: texts.drawDigit,
    line: "M34 31c5-12 31-11 31 5 0 10-10 13-19 13 12 0 23 4 23 16 0 17-30 18-37 5",
  },
  "letters": { words: texts.drawLetter, line: "M27 77L50 23L73 77M36 57L64 57" },
  "alphanumeric": {
    words: texts.drawAlphanumeric,
    line: "M18 70L35 28L52 70M25 54L45 54M64 40c3-9 20-8 20 3 0 9-14 16-21 27L86 70",
  },
  "teach": { words: texts.teachSigns, line: "M36 22L36 78M36 32L64 46L36 62" },
};

/** What is asked for where classes are somebody's own. */
const OTHERS = { ...INVITATIONS.teach, words: texts.drawSign };

/** The model that is asked. */
let model: ServedModel = { name: "digits", classes: [..."0123456789"] };

/** Rows of the chart of probabilities. */
const ROWS = 10;

const paper = element("paper");
const seen = element<HTMLCanvasElement>("seen");
const inside = element<HTMLDetailsElement>("inside");

const choices = element<HTMLFieldSetElement>("choices");
const nothing = element("nothing");

const teaching = new Teaching({ toCanvas, tell });

/** Whether signs are taught, and not a model of the reader asked. */
function isTaught(): boolean {
  return model === teaching.model;
}

/** Who answers for the model that is asked. */
function answerer(): Pick<typeof reader, "load" | "read"> & Pick<Teaching, "explain"> {
  return isTaught() ? teaching : reader;
}

const bars = Array.from({ length: ROWS }, () => makeRow());
element("bars").append(...bars.map(({ row }) => row));

/** What was read, and which of it is looked at. */
let digits: ReadDigit[] = [];
let chosen = 0;

/** Counts changes of what is on the paper. */
let version = 0;
/** Resolves once all changes were read. */
let reading = Promise.resolve();
let restTimer: ReturnType<typeof setTimeout> | undefined;
let retryTimer: ReturnType<typeof setTimeout> | undefined;

/** What is said in place of how sure an answer is, until something changes. */
let notice = texts.loading;

/** Has what is on the paper read, once what was there before is; of many changes, the last. */
pad.onChange = () => {
  if (isOpen) notice = "";
  paper.classList.toggle("used", !pad.isEmpty);
  element<HTMLButtonElement>("undo").disabled = !pad.canUndo;
  element<HTMLButtonElement>("clear").disabled = pad.isEmpty;
  const changed = ++version;
  reading = reading.then(() => read(changed));
};
pad.onSay = say;

/** Reads what is on the paper since a change, unless there is a later one. */
async function read(shown: number): Promise<void> {
  if (!isOpen || shown !== version) return;
  const asked = model;
  clearTimeout(retryTimer);
  try {
    const found = pad.isEmpty ? [] : await answerer().read(model, pad.toPicture(), pad.isDrawn);
    if (asked !== model) return;
    if (pad.isEmpty || shown === version || found.length > 0) show(pad.isEmpty ? [] : found);
  } catch (error) {
    if (shown !== version || asked !== model) return; // what is there now is read next
    show([]);
    tell((error as Error).message);
    if (!FINAL.includes((error as Error).message)) retryTimer = setTimeout(pad.onChange, PATIENCE);
  }
}

function show(found: ReadDigit[]): void {
  digits = found;
  chosen = Math.min(chosen, Math.max(0, digits.length - 1));
  const verdict = element("digits");
  verdict.textContent = digits.map(({ label, accepted }) => accepted ? label : "?").join("");
  const { length } = verdict.textContent;
  verdict.classList.toggle("several", length > 2);
  verdict.classList.toggle("long", length > 5);
  verdict.classList.toggle("unsure", digits.some(({ accepted }) => !accepted));
  showThumbnails();
  showChosen();
  clearTimeout(restTimer);
  restTimer = setTimeout(rest, REST);
}

/** What happens once nothing has changed for a while. */
function rest(): void {
  say(pad.isEmpty ? "" : digits.map(describe).join("; ") || element("sure").textContent!);
  explain();
}

function describe(answer: ReadDigit): string {
  return answer.accepted ? `${answer.label}, ${sureOf(answer)}` : sureOf(answer);
}

/** How sure an answer is, in words. */
function sureOf({ label, confidence, accepted }: ReadDigit): string {
  if (accepted) return texts.sure(percent(confidence));
  return confidence < LIKELY ? texts.noneKnown : texts.perhaps(texts.named(label));
}

function showThumbnails(): void {
  const group = element("found");
  group.hidden = digits.length < 2;
  const had = group.contains(document.activeElement);
  group.replaceChildren(...digits.map(({ label, pixels }, i) => {
    const canvas = make("canvas");
    drawPixels(canvas, pixels);
    const ariaLabel = texts.foundOne(i + 1, digits.length, label);
    const onclick = () => {
      chosen = i;
      showChosen();
      explain();
    };
    return make("button", { type: "button", ariaLabel, onclick }, canvas);
  }));
  if (had) (group.children[chosen] as HTMLElement | undefined)?.focus();
}

function showChosen(): void {
  const answer = digits[chosen];
  drawPixels(seen, answer?.pixels);
  Array.from(element("found").children, (button, i) => button.ariaPressed = String(i === chosen));
  pad.mark(
    digits.length < 2 ? [] : digits.map(({ box, label, accepted }, i) => ({
      box,
      caption: accepted ? label : "?",
      chosen: i === chosen,
    })),
  );
  element("sure").textContent = notice || isTaught() && teaching.advice ||
    (answer ? sureOf(answer) : pad.isEmpty ? "" : texts.nothingFound);
  if (isTaught()) teaching.show(answer);
  const shown = rowsOf(answer);
  bars.forEach(({ row, label, show }, i) => {
    row.hidden = i >= shown.length;
    if (row.hidden) return;
    const { character, probability } = shown[i];
    label.textContent = label.title = character;
    show(100 * probability - 101, answer ? percent(probability) : "", character === answer?.label);
  });
  showKept();
}

/** What the chart of probabilities shows: all classes in their order, or, of many, the most probable. */
function rowsOf(answer?: ReadDigit): { character: string; probability: number }[] {
  const all = model.classes.map((character, i) => ({
    character,
    probability: answer?.probabilities[i] ?? 0,
  }));
  if (all.length <= ROWS) return all;
  return all.sort((a, b) => b.probability - a.probability).slice(0, ROWS);
}

/** Explains the answer that is looked at, if somebody wants to see that. */
async function explain(): Promise<void> {
  const answer = digits[chosen];
  if (!inside.open) return;
  const explanation = answer &&
    await answerer().explain(model, answer.pixels, answer.label).catch(() => undefined);
  if (answer !== digits[chosen]) return;
  const flow = element("flow");
  if (explanation) showInside(flow, answer, explanation, model.classes);
  else flow.replaceChildren(nothing);
}

/** Rounded down: nothing is 100 % sure. */
function percent(share: number): string {
  const tenths = Math.min(999, Math.floor(1000 * share));
  return `${(tenths / 10).toLocaleString(texts.language, { minimumFractionDigits: 1 })}\u00a0%`;
}

/** Tells people who do not see the page. */
function say(text: string): void {
  element("status").textContent = text;
}

/** Tells everybody. */
function tell(text: string): void {
  notice = element("sure").textContent = text;
  say(text);
}

/** Opens a picture file, reduced if it is large. */
async function toCanvas(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale))
  );
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}

/** Opens a picture to read; in teaching, several are examples, and so is what a zip holds. */
async function open(files: FileList | null | undefined): Promise<void> {
  if (!files?.length) return;
  if (isTaught() && (files.length > 1 || /\.zip$/i.test(files[0].name))) {
    return await teaching.open([...files]);
  }
  try {
    const canvas = await toCanvas(files[0]);
    chosen = 0;
    pad.show(canvas);
  } catch {
    pad.clear();
    tell(texts.noPicture);
  }
}

element("undo").addEventListener("click", () => pad.undo());
element("clear").addEventListener("click", () => {
  pad.clear();
  element("pad").focus({ preventScroll: true });
});
element<HTMLInputElement>("file").addEventListener("change", ({ target }) => {
  const input = target as HTMLInputElement;
  open(input.files).finally(() => input.value = "");
});
inside.addEventListener("toggle", explain);
document.addEventListener("keydown", (event) => {
  if ((event.target as HTMLElement).matches("input")) return;
  if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
    if (isTaught() && pad.isEmpty) teaching.undo();
    else pad.undo();
  } else if (event.key === "Enter" && isTaught() && event.target === element("pad")) {
    teaching.give();
  } else if (event.key === "Escape") pad.clear();
  else return;
  event.preventDefault();
});
document.addEventListener("paste", ({ clipboardData }) => open(clipboardData?.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  paper.classList.add("target");
});
document.addEventListener("dragleave", () => paper.classList.remove("target"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  paper.classList.remove("target");
  open(event.dataTransfer?.files);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  pad.render();
  show(digits);
});

/** Whether a correction is under way. */
let isCorrecting = false;

/** A button that says what something really was; pressed once more, it takes that back. */
function choiceOf(character: string): HTMLElement {
  const button = make("button", { type: "button" }, character);
  button.onclick = async () => {
    isCorrecting = choices.disabled = true;
    await reading; // the answer that is shown may be of an unfinished drawing
    const pixels = digits[chosen]?.pixels;
    if (pixels) {
      const isKept = reader.keeper!.keptAs(pixels) === character;
      await reader.keeper!.keepAs(pixels, isKept ? undefined : character).then(
        () => say(isKept ? texts.takenBack : texts.kept(texts.named(character))),
        ({ message }) => tell(message),
      );
    }
    isCorrecting = false;
    showKept();
    button.focus();
  };
  return button;
}

/** Shows as what the picture that is looked at was kept, and whether it can be kept. */
function showKept(): void {
  const answer = digits[chosen];
  choices.disabled = isCorrecting || !answer;
  const character = answer && reader.keeper?.keptAs(answer.pixels);
  for (const button of choices.querySelectorAll("button")) {
    button.ariaPressed = String(button.textContent === character);
  }
  element("kept").textContent = character === undefined
    ? texts.keepsOnClick
    : texts.kept(texts.named(character));
}

/** Asks another model from now on, about what is on the paper too. */
function choose(other: ServedModel): void {
  model = other;
  const { words, line } = INVITATIONS[model.name] ?? OTHERS;
  document.querySelector("h1")!.textContent = document.title = words;
  document.getElementById("invitation")!.setAttribute("d", line);
  for (const button of element("models").children) {
    button.ariaPressed = String((button as HTMLElement).dataset.model === model.name);
  }
  element("teaching").hidden = !isTaught();
  element("bars").hidden = isTaught();
  element("pad").setAttribute("aria-describedby", isTaught() ? "pad-help teach-help" : "pad-help");
  element("correction").hidden = !reader.keeper || isTaught();
  history.replaceState(
    null,
    "",
    isTaught() ? `#${model.name}` : location.pathname + location.search,
  );
  choices.replaceChildren(element("question"), ...model.classes.map(choiceOf));
  show([]);
  element("flow").replaceChildren(nothing);
  load(model);
}

/** Fetches what a model needs, and tries again as long as it is looked at. */
async function load(wanted: ServedModel): Promise<void> {
  notice = texts.loading;
  showChosen();
  try {
    await answerer().load?.(wanted);
    document.documentElement.dataset.ready = "true";
    if (wanted === model) pad.onChange();
  } catch {
    if (wanted !== model) return;
    tell(texts.notLoaded);
    setTimeout(() => wanted === model && load(wanted), PATIENCE);
  }
}

/** Whether it is known which models there are. */
let isOpen = false;

/** Asks what there is to ask, again and again until that is known. */
async function start(): Promise<void> {
  const list = await reader.models();
  element("kept-too").hidden = !reader.keeper;
  const models = [...list, teaching.model];
  element("models").hidden = false;
  for (const each of models) {
    const button = make("button", { type: "button", onclick: () => choose(each) }, nameOf(each));
    button.dataset.model = each.name;
    element("models").append(button);
  }
  isOpen = true;
  choose(location.hash === `#${teaching.model.name}` ? teaching.model : models[0]);
}

/** Shows where phones find the page, if they do. */
async function invite(): Promise<void> {
  const addresses = await reader.addresses?.().catch(() => []) ?? [];
  element("phones").hidden = addresses.length === 0;
  element("addresses").replaceChildren(...addresses.map(({ url, code }) =>
    make(
      "figure",
      {},
      make("img", { src: code, alt: texts.codeOf(url) }),
      make("figcaption", {}, url),
    )
  ));
}

/** What the page calls a model: those that are shipped by its own words. */
function nameOf({ name }: ServedModel): string {
  return Object.hasOwn(INVITATIONS, name) ? texts[name as "digits"] : name;
}

/** Puts the texts of the language in their places. */
function speak(): void {
  document.documentElement.lang = texts.language;
  const text = (key: string) => texts[key as keyof typeof texts] as string;
  for (const each of document.querySelectorAll<HTMLElement>("[data-text]")) {
    each.textContent = text(each.dataset.text!);
  }
  for (const each of document.querySelectorAll<HTMLElement>("[data-label]")) {
    each.ariaLabel = text(each.dataset.label!);
  }
}

speak();
show([]);
pad.onChange(); // something may have been drawn already
element("footer").hidden = !reader.addresses;
invite();
while (!isOpen) {
  await start().catch(async (error) => {
    tell(error.message);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  });
}
