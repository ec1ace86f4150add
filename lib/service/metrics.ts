/** What the service counts, in Prometheus' text form. */

import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Counters of one service. */
export class Metrics {
  /** All of them, and what they are in text form. */
  readonly registry = new Registry();
  #requests = new Counter({
    name: "digits_requests_total",
    help: "Requests answered.",
    labelNames: ["route", "method", "status"],
    registers: [this.registry],
  });
  #seconds = new Histogram({
    name: "digits_request_seconds",
    help: "Time from a request's head to its answer.",
    labelNames: ["route"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly batches = new Histogram({
    name: "digits_batch_pictures",
    help: "Pictures that a worker read at a time.",
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [this.registry],
  });
  readonly replaced = new Counter({
    name: "digits_workers_replaced_total",
    help: "Workers that died and were replaced.",
    registers: [this.registry],
  });

  /** @param gauges What is read when asked for: name, explanation, value. */
  constructor(gauges: [name: string, help: string, read: () => number][] = []) {
    for (const [name, help, read] of gauges) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    }
  }

  /** Counts a request that was answered. */
  request(route: string, method: string, status: number, milliseconds: number): void {
    this.#requests.inc({ route, method, status });
    this.#seconds.observe({ route }, milliseconds / 1000);
  }
}
