/** Running tasks as their users do. */

import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

const FONTS_LOCK = " --lock=lib/data/letters/fonts.lock";

/**
 * @returns The command of a task in deno.json, with its permissions, that runs with `args`; without the lock of
 * the fonts, because Deno fetches all 243 packages of one at the start.
 */
function command(task: string, args: string[], stdout: "piped" | "null"): Deno.Command {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const [deno, ...run] = tasks[task].command.replace(FONTS_LOCK, "").split(" ");
  if (deno !== "deno") throw new Error(`Expected task ${task} to call deno but found ${deno}`);
  return new Deno.Command(Deno.execPath(), {
    args: [...run, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout,
    stderr: "piped",
  });
}

/** What a task left behind. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a task to its end. */
export async function runTask(task: string, ...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await command(task, args, "piped").output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}

/** Starts a task, its output piped. */
export function startTask(task: string, ...args: string[]): Deno.ChildProcess {
  return command(task, args, "piped").spawn();
}

/**
 * Runs a task and kills it, with no chance to tidy up.
 *
 * @param line When to kill: once this appears on standard error.
 * @returns Whether it was killed before it ended by itself.
 */
export async function killTask(task: string, args: string[], line: string): Promise<boolean> {
  const child = command(task, args, "null").spawn();
  const ended = child.status;
  let text = "";
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(line)) break;
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended, which the status tells.
  }
  return (await ended).signal === "SIGKILL";
}
