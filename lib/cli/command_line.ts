/** What all tasks share: reading flags, help, errors in one sentence, exit codes. */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { type Flag, UsageError, type Values } from "../flags.ts";

type Flags = Record<string, Flag>;

/** A task as the user sees it. */
interface Command<F extends Flags> {
  /** One or two sentences. */
  summary: string;
  /** One call that does something useful. */
  example: string;
  flags: F;
  /** What stands after the flags, at least one, if the task takes anything there. */
  operands?: { value: string; help: string };
  run(values: Values<F>, operands: string[]): Promise<void>;
}

/** What stands after `deno task`. */
interface Named {
  name: string;
}

/** A task that does what its first word names: `deno task make letters`. */
interface CommandGroup<All extends Record<string, Flags>> extends Named {
  /** One or two sentences. */
  summary: string;
  /** By that word; the list says `brief` of it, in one line. */
  commands: { [Word in keyof All]: Command<All[Word]> & { brief: string } };
}

/**
 * Runs a task on the arguments of the command line, and ends the process: with
 * 0 if it was done, 1 if it failed, 2 if a flag or value was wrong.
 */
export function runCommand<const F extends Flags>(
  command: Command<F> & Named,
  args = Deno.args,
): Promise<never> {
  return finish(command.name, async () => {
    const given = readArguments(command, args);
    if (given) await command.run(given.values, given.operands);
    else console.log(describe(command));
  });
}

/** Runs the command that the first argument names, as {@linkcode runCommand} does; without one, lists all. */
export function runOneOf<const All extends Record<string, Flags>>(
  { name, summary, commands }: CommandGroup<All>,
): Promise<never> {
  const [word = "--help", ...args] = Deno.args;
  if (Object.hasOwn(commands, word)) {
    return runCommand({ ...commands[word], name: `${name} ${word}` }, args);
  }
  return finish(name, () => {
    if (word !== "--help" && word !== "-h") {
      throw new UsageError(`Expected one of ${Object.keys(commands).join(", ")} but found ${word}`);
    }
    const rows = Object.entries<{ brief: string }>(commands)
      .map(([word, { brief }]): [string, string] => [word, brief]);
    const end = `deno task ${name} NAME --help explains one.`;
    console.log(helpText(summary, `${name} NAME [flags]`, rows, end));
  });
}

async function finish(name: string, act: () => void | Promise<void>): Promise<never> {
  let code = 0;
  try {
    await act();
  } catch (error) {
    console.error(`${name}: ${describeError(error)}`);
    const isUsage = error instanceof UsageError;
    if (isUsage) console.error(`See deno task ${name} --help`);
    code = isUsage ? 2 : 1;
  }
  Deno.exit(code);
}

/**
 * Reads what stands after a task's name.
 *
 * @returns The values of its flags and its operands; nothing if help was asked for.
 * @throws {UsageError} If a flag is unknown, its value is not allowed, or an operand is missing.
 */
function readArguments<F extends Flags>(
  { flags, operands: expected }: Command<F>,
  args: string[],
): { values: Values<F>; operands: string[] } | undefined {
  const operands: string[] = [];
  const values: Record<string, unknown> = {};
  const options: NonNullable<ParseArgsConfig["options"]> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, flag] of Object.entries(flags)) {
    const isSwitch = flag.type === "switch";
    values[name] = isSwitch ? false : flag.default;
    options[name] = { type: isSwitch ? "boolean" : "string" };
  }
  for (const token of parseArgs({ args, options, strict: false, tokens: true }).tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (!expected) throw new UsageError(`Expected flags only but found ${token.value}`);
      operands.push(token.value);
      continue;
    }
    if (token.name === "help") return undefined;
    if (!Object.hasOwn(flags, token.name)) {
      const known = Object.keys(flags).map((name) => `--${name}`).join(", ");
      throw new UsageError(`Expected one of ${known} but found ${token.rawName}`);
    }
    if (!token.inlineValue && token.value?.startsWith("--")) {
      throw new UsageError(`Expected a value after --${token.name} but found ${token.value}`);
    }
    values[token.name] = readValue(token.name, flags[token.name], token.value);
  }
  if (expected && operands.length === 0) {
    throw new UsageError(`Expected at least one ${expected.value} but found none`);
  }
  return { values: values as Values<F>, operands };
}

function readValue(name: string, flag: Flag, text: string | undefined): unknown {
  if (flag.type === "switch") {
    if (text !== undefined) {
      throw new UsageError(`Expected --${name} without a value but found ${text}`);
    }
    return true;
  }
  if (text === undefined || text === "") {
    throw new UsageError(`Expected a value after --${name} but found none`);
  }
  if (flag.type === "text") {
    if (flag.choices && !flag.choices.includes(text)) {
      throw new UsageError(
        `Expected --${name} to be ${flag.choices.join(" or ")} but found ${text}`,
      );
    }
    return text;
  }
  const { type, least, most = Infinity } = flag;
  const value = Number(text);
  const fits = type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (text.trim() === "" || !fits || value < least || value > most) {
    const kind = type === "integer" ? "an integer" : "a number";
    const range = most < Infinity ? `from ${least} to ${most}` : `of at least ${least}`;
    throw new UsageError(`Expected --${name} to be ${kind} ${range} but found ${text}`);
  }
  return value;
}

function describe(
  { name, summary, example, flags, operands }: Command<Flags> & Named,
): string {
  const lines = Object.entries(flags).map(([flagName, flag]): [string, string] => {
    if (flag.type === "switch") return [`--${flagName}`, flag.help];
    const value = flag.type === "text" ? flag.value : "N";
    const choices = flag.type === "text" && flag.choices ? ` (${flag.choices.join(", ")})` : "";
    const standard = flag.default === undefined ? "" : ` [${flag.default}]`;
    return [`--${flagName} ${value}`, flag.help + choices + standard];
  });
  lines.push(["--help", "show this"]);
  if (operands) lines.unshift([`${operands.value}...`, operands.help]);
  const usage = `${name} [flags]${operands ? ` ${operands.value}...` : ""}`;
  return helpText(summary, usage, lines, `Example: ${example}`);
}

/** @param rows What is explained, and how. */
function helpText(
  summary: string,
  usage: string,
  rows: [left: string, right: string][],
  end: string,
): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return [summary, "", `Usage: deno task ${usage}`, "", ...lines, "", end].join("\n");
}

/** An error as one sentence. */
export function describeError(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `Expected a permission that this task does not have: ${firstLine(error.message)}`;
  }
  const message = firstLine(error instanceof Error ? error.message : String(error));
  const [, reason, operation = ": go on"] = message.match(SYSTEM_ERROR) ?? [];
  return reason ? `Expected to ${operation.slice(2)} but the system said: ${reason}` : message;
}

/** How Deno words an error of the operating system, the operation last: "File exists (os error 17): mkdir 'a'". */
const SYSTEM_ERROR = /^([^:]+) \(os error \d+\)(: .+)?$/;

function firstLine(text: string): string {
  return text.split("\n")[0];
}
