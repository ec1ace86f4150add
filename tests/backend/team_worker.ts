/** Jobs for the tests of teams. */

import { type Member, serveJobs } from "../../lib/backend/team.ts";
import { Random } from "../../lib/data/random.ts";

let remembered = "";

export const jobs = {
  remember: (_member: Member, word: string) => void (remembered = word),
  recall: () => remembered,
  introduce: ({ rank, size }: Member, name: string) => `${name} ${rank} of ${size}`,
  report: (member: Member<{ rank: number; i: number }>, count: number) => {
    for (let i = 0; i < count; i++) member.report({ rank: member.rank, i });
  },
  fill: ({ rank }: Member, shared: Uint8Array) => void (shared[rank] = rank + 1),
  sum: (member: Member, rounds: Float32Array[][]) => {
    const random = new Random(member.rank);
    return rounds.map((values) => {
      const own = values[member.rank].slice();
      // Waits up to a few hundred microseconds, so that members arrive in every order.
      for (let i = random.integer(20_000); i > 0; i--) Math.sqrt(i);
      member.sum([own.subarray(0, 1), own.subarray(1)]);
      return own;
    });
  },
  throwInOne: (member: Member, rank: number) => {
    if (member.rank === rank) throw new RangeError("Expected luck but found none");
    member.sum([new Float32Array(1)]);
  },
  dieInOne: (member: Member, rank: number) => {
    if (member.rank === rank) setTimeout(() => deadlyError());
    else member.sum([new Float32Array(1)]);
    return new Promise(() => {});
  },
  never: () => new Promise(() => {}),
};

serveJobs(jobs);

function deadlyError() {
  throw new Error("Expected memory but found none");
}
