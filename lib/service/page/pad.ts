/// <reference lib="dom" />
/** The paper that people draw on with mouse, finger, pen or keys, or put a picture on. */

import type { Box } from "../../image/box.ts";
import { texts } from "./texts.ts";

/** A point from the upper left (0, 0) to the lower right (1, 1), and the ink's width there. */
interface Point {
  x: number;
  y: number;
  width: number;
}

/** Width of the ink as a share of the paper's. */
const INK_WIDTH = 0.062;

/** How far an arrow key moves the pen. */
const KEY_STEP = 0.03;

/** Side of the picture of a drawing that is read, in pixels. */
const DRAWING_SIDE = 280;

/** A box with a caption that is shown on the paper. */
interface Mark {
  box: Box;
  caption: string;
  chosen: boolean;
}

/** What is on the paper. */
interface Sheet {
  strokes: Point[][];
  picture?: HTMLCanvasElement;
}

/** Changes that can be taken back. */
const MOST_CHANGES = 100;

/** Calls `onChange` after every change of what is on it. */
class Pad {
  /** Told of every change. */
  onChange: () => void = () => {};
  /** Told what people who do not see it should know. */
  onSay: (text: string) => void = () => {};
  #canvas: HTMLCanvasElement;
  #sheet: Sheet = { strokes: [] };
  /** What was on it before each change. */
  #past: Sheet[] = [];
  #marks: Mark[] = [];
  #pointer: number | undefined;
  #pen = { x: 0.5, y: 0.25, isDown: false, isShown: false };

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, ({ pointerId }) => {
        if (pointerId === this.#pointer) this.#pointer = undefined;
      });
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      this.#pen.isShown = false;
      this.render();
    });
    new ResizeObserver(() => this.render()).observe(canvas);
  }

  /** Whether nothing is on it. */
  get isEmpty(): boolean {
    return this.#sheet.strokes.length === 0 && this.isDrawn;
  }

  /** Whether what is on it was drawn here. */
  get isDrawn(): boolean {
    return !this.#sheet.picture;
  }

  /** Whether there is a change to take back. */
  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  /** Takes the last change back: a stroke, a picture, or that all was taken away. */
  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#pointer = undefined;
    this.#pen.isDown = false;
    this.#put(before);
  }

  /** Takes all away. */
  clear(): void {
    if (this.isEmpty) return;
    this.#pen.isDown = false;
    this.#change({ strokes: [] });
  }

  /** Puts a picture on it in place of what was there. */
  show(picture: HTMLCanvasElement): void {
    this.#pen.isDown = false;
    this.#change({ strokes: [], picture });
  }

  /** Marks what was found. */
  mark(marks: Mark[]): void {
    this.#marks = marks;
    this.render();
  }

  /** What is on it, as a picture to read: black on white if it was drawn here. */
  toPicture(): HTMLCanvasElement {
    if (this.#sheet.picture) return this.#sheet.picture;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = DRAWING_SIDE;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, DRAWING_SIDE, DRAWING_SIDE);
    this.#drawStrokes(context, DRAWING_SIDE, "#000");
    return canvas;
  }

  /** Draws it anew, after a change of size or colours. */
  render(): void {
    const side = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (side === 0) return;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const context = this.#canvas.getContext("2d")!;
    context.clearRect(0, 0, side, side);
    const { picture } = this.#sheet;
    if (picture) {
      const { left, top, scale } = fit(picture, side);
      context.drawImage(picture, left, top, picture.width * scale, picture.height * scale);
    }
    this.#drawStrokes(context, side, colour("--ink"));
    this.#drawMarks(context, side);
    if (this.#pen.isShown) this.#drawPen(context, side);
  }

  #drawStrokes(context: CanvasRenderingContext2D, side: number, ink: string): void {
    context.strokeStyle = context.fillStyle = ink;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.#sheet.strokes) {
      const [first] = points;
      context.beginPath();
      context.arc(first.x * side, first.y * side, first.width * side / 2, 0, 2 * Math.PI);
      context.fill();
      // From middle to middle, bent towards the point between them: no corners.
      let [x, y] = [first.x, first.y];
      for (let i = 1; i < points.length; i++) {
        const [from, to] = [points[i - 1], points[i]];
        const isLast = i === points.length - 1;
        const [endX, endY] = isLast ? [to.x, to.y] : [(from.x + to.x) / 2, (from.y + to.y) / 2];
        context.beginPath();
        context.lineWidth = to.width * side;
        context.moveTo(x * side, y * side);
        context.quadraticCurveTo(from.x * side, from.y * side, endX * side, endY * side);
        context.stroke();
        [x, y] = [endX, endY];
      }
    }
  }

  #drawMarks(context: CanvasRenderingContext2D, side: number): void {
    const drawing = { width: DRAWING_SIDE, height: DRAWING_SIDE };
    const { left, top, scale } = fit(this.#sheet.picture ?? drawing, side);
    const line = 2 * devicePixelRatio;
    for (const { box, caption, chosen } of this.#marks) {
      const [x, y] = [left + box.left * scale, top + box.top * scale];
      const margin = 3 * line;
      context.globalAlpha = chosen ? 1 : 0.45;
      context.strokeStyle = context.fillStyle = colour("--accent");
      context.lineWidth = line;
      context.beginPath();
      const [width, height] = [box.width, box.height].map((side) => side * scale + 2 * margin);
      context.roundRect(x - margin, y - margin, width, height, 4 * line);
      context.stroke();
      context.font = `600 ${8 * line}px system-ui, sans-serif`;
      context.textBaseline = "bottom";
      context.fillText(caption, x - margin, Math.max(10 * line, y - margin - line));
      context.globalAlpha = 1;
    }
  }

  #drawPen(context: CanvasRenderingContext2D, side: number): void {
    context.beginPath();
    context.arc(this.#pen.x * side, this.#pen.y * side, INK_WIDTH * side / 2, 0, 2 * Math.PI);
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = colour("--accent");
    context.stroke();
    if (!this.#pen.isDown) return;
    context.fillStyle = colour("--accent");
    context.fill();
  }

  #down(event: PointerEvent): void {
    if (this.#pointer !== undefined || event.button !== 0) return;
    this.#pointer = event.pointerId;
    this.#pen.isShown = this.#pen.isDown = false;
    this.#begin(this.#point(event));
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const stroke = this.#sheet.strokes.at(-1);
    stroke?.push(...(events.length > 0 ? events : [event]).map((each) => this.#point(each)));
    this.#changed();
  }

  #point({ clientX, clientY, pointerType, pressure }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const force = pointerType === "pen" && pressure > 0 ? 0.6 + 0.8 * pressure : 1;
    return {
      x: (clientX - left) / width,
      y: (clientY - top) / height,
      width: INK_WIDTH * force,
    };
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    const x = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
    const y = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === " ") this.#lowerOrLift();
    else if (x !== 0 || y !== 0) this.#step(x, y);
    else return;
    event.preventDefault();
  }

  #lowerOrLift(): void {
    this.#pen.isDown = !this.#pen.isDown;
    this.#pen.isShown = true;
    this.onSay(this.#pen.isDown ? texts.penDown : texts.penUp);
    if (this.#pen.isDown) this.#begin(this.#penPoint());
    else this.render();
  }

  /** Begins a stroke; in place of a picture, if there is one. */
  #begin(point: Point): void {
    this.#change({ strokes: [...this.#sheet.strokes, [point]] });
  }

  #step(x: number, y: number): void {
    const within = (value: number) => Math.min(1 - INK_WIDTH, Math.max(INK_WIDTH, value));
    this.#pen.x = within(this.#pen.x + x * KEY_STEP);
    this.#pen.y = within(this.#pen.y + y * KEY_STEP);
    this.#pen.isShown = true;
    const stroke = this.#sheet.strokes.at(-1);
    if (this.#pen.isDown && stroke) {
      stroke.push(this.#penPoint());
      this.#changed();
    } else this.render();
  }

  #penPoint(): Point {
    return { x: this.#pen.x, y: this.#pen.y, width: INK_WIDTH };
  }

  /** Puts something else on it, which can be taken back. */
  #change(sheet: Sheet): void {
    this.#past = [...this.#past.slice(1 - MOST_CHANGES), this.#sheet];
    this.#put(sheet);
  }

  #put(sheet: Sheet): void {
    this.#sheet = sheet;
    this.#changed();
  }

  #changed(): void {
    this.#marks = [];
    this.render();
    this.onChange();
  }
}

/** The paper, which takes strokes before the rest of the page is there: this program is loaded first. */
export const pad = new Pad(document.getElementById("pad") as HTMLCanvasElement);

/** Where a picture lies that is fitted into a square. */
function fit({ width, height }: { width: number; height: number }, side: number) {
  const scale = side / Math.max(width, height);
  return { left: (side - width * scale) / 2, top: (side - height * scale) / 2, scale };
}

/** A colour of the page's style, by the name of its property. */
function colour(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}
