/** A line in which clients take turns, so that one who brings much does not keep others waiting. */

export class FairLine<Item> {
  /** What each client waits with; the next in turn first. */
  #turns: Map<string, Item[]> = new Map();
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Lets one wait, behind those of the same client. */
  push(client: string, item: Item): void {
    this.#length++;
    const items = this.#turns.get(client);
    if (items) items.push(item);
    else this.#turns.set(client, [item]);
  }

  /** Takes the one whose turn it is, and puts its client behind all others. */
  shift(): Item | undefined {
    for (const [client, items] of this.#turns) {
      this.#length--;
      this.#turns.delete(client);
      const item = items.shift();
      if (items.length > 0) this.#turns.set(client, items);
      return item;
    }
  }

  /**
   * Makes room for a client where another has more waiting than it would have.
   *
   * @returns The last of the client who has most, which waits no more.
   */
  makeRoom(client: string): Item | undefined {
    const [items] = this.#turns.values().toArray().sort((a, b) => b.length - a.length);
    const own = this.#turns.get(client)?.length ?? 0;
    if (!items || items.length <= own + 1) return undefined;
    this.#length--;
    return items.pop();
  }

  /** Takes all. */
  clear(): Item[] {
    const all = this.#turns.values().toArray().flat();
    this.#turns.clear();
    this.#length = 0;
    return all;
  }
}
