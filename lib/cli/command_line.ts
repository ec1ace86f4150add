/** What all tasks share: reading flags, help, errors in one sentence, exit codes. */

import { parseArgs } from "node:util";
import { type Flag, UsageError, type Values } from "../flags.ts";

/** A task as the user sees it. */
interface Command<Flags extends Record<string, Flag>> {
  /** Name after `deno task`. */
  name: string;
  /** One or two sentences. */
  summary: string;
  /** One call that does something useful. */
  example: string;
  flags: Flags;
  /** What stands after the flags, at least one, if the task takes anything there. */
  operands?: { value: string; help: string };
  run(values: Values<Flags>, operands: string[]): Promise<void>;
}

/** A task that does what its first word names: `deno task make letters`. */
interface CommandGroup {
  /** Name after `deno task`. */
  name: string;
  /** One or two sentences. */
  summary: string;
  /** By that word: the command, and what the list says of it in one line. */
  commands: Record<string, { brief: string; command: Command<Record<string, Flag>> }>;
}

/** @returns The command, whose `run` knows the types of its flags. */
export function defineCommand<const Flags extends Record<string, Flag>>(
  command: Command<Flags>,
): Command<Flags> {
  return command;
}

/**
 * Runs a task on the arguments of the command line, and ends the process: with
 * 0 if it was done, 1 if it failed, 2 if a flag or value was wrong.
 */
export function runCommand<const Flags extends Record<string, Flag>>(
  command: Command<Flags>,
): Promise<never> {
  return finish(command.name, () => execute(command, Deno.args));
}

/** Runs the command that the first argument names, as {@linkcode runCommand} does; without one, lists all. */
export function runOneOf(group: CommandGroup): Promise<never> {
  const [word = "--help", ...args] = Deno.args;
  if (Object.hasOwn(group.commands, word)) {
    const { command } = group.commands[word];
    return finish(command.name, () => execute(command, args));
  }
  return finish(group.name, () => {
    if (word !== "--help" && word !== "-h") {
      const known = Object.keys(group.commands).join(", ");
      throw new UsageError(`Expected one of ${known} but found ${word}`);
    }
    console.log(describeGroup(group));
  });
}

async function finish(name: string, action: () => void | Promise<void>): Promise<never> {
  try {
    await action();
    Deno.exit(0);
  } catch (error) {
    const usage = error instanceof UsageError;
    console.error(`${name}: ${describeError(error)}`);
    if (usage) console.error(`See deno task ${name} --help`);
    Deno.exit(usage ? 2 : 1);
  }
}

async function execute<Flags extends Record<string, Flag>>(
  command: Command<Flags>,
  args: string[],
): Promise<void> {
  const given = readArguments(command, args);
  if (given === "help") console.log(describe(command));
  else await command.run(given.values, given.operands);
}

/**
 * Reads what stands after a task's name.
 *
 * @returns The values of its flags and its operands, or `"help"` if help was asked for.
 * @throws {UsageError} If a flag is unknown, its value is not allowed, or an operand is missing.
 */
export function readArguments<const Flags extends Record<string, Flag>>(
  command: Pick<Command<Flags>, "flags" | "operands">,
  args: string[],
): { values: Values<Flags>; operands: string[] } | "help" {
  const { flags } = command;
  const operands: string[] = [];
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(flags).map((
      [name, flag],
    ) => [name, flag.type === "switch" ? false : flag.default]),
  );
  for (const token of readTokens(flags, args)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (!command.operands) throw new UsageError(`Expected flags only but found ${token.value}`);
      operands.push(token.value);
      continue;
    }
    if (token.name === "help") return "help";
    if (!Object.hasOwn(flags, token.name)) {
      const known = Object.keys(flags).map((name) => `--${name}`).join(", ");
      throw new UsageError(`Expected one of ${known} but found ${token.rawName}`);
    }
    if (!token.inlineValue && token.value?.startsWith("--")) {
      throw new UsageError(`Expected a value after --${token.name} but found ${token.value}`);
    }
    values[token.name] = readValue(token.name, flags[token.name], token.value);
  }
  if (command.operands && operands.length === 0) {
    throw new UsageError(`Expected at least one ${command.operands.value} but found none`);
  }
  return { values: values as Values<Flags>, operands };
}

function readTokens(flags: Record<string, Flag>, args: string[]) {
  return parseArgs({
    args,
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries(flags).map((
          [name, { type }],
        ) => [name, { type: type === "switch" ? "boolean" : "string" } as const]),
      ),
      help: { type: "boolean", short: "h" },
    },
  }).tokens;
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
  { name, summary, example, flags, operands }: Omit<Command<Record<string, Flag>>, "run">,
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
  return [
    summary,
    "",
    `Usage: deno task ${name} [flags]${operands ? ` ${operands.value}...` : ""}`,
    "",
    ...inTwoColumns(lines),
    "",
    `Example: ${example}`,
  ].join("\n");
}

function describeGroup({ name, summary, commands }: CommandGroup): string {
  return [
    summary,
    "",
    `Usage: deno task ${name} NAME [flags]`,
    "",
    ...inTwoColumns(Object.entries(commands).map(([word, { brief }]) => [word, brief])),
    "",
    `deno task ${name} NAME --help explains one.`,
  ].join("\n");
}

function inTwoColumns(rows: [left: string, right: string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
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
