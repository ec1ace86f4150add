/// <reference lib="webworker" />
/** The service worker of the page as static files: keeps all of them, for when there is no network. */

/** Names of all files, and a digest of them; written in their place by `writeStaticPage`. */
declare const FILES: string[];
declare const DIGEST: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

/** Of this page and no other's of the same host, in any state; and in this one. */
const place = `${worker.registration.scope} `;
const name = place + DIGEST;

worker.addEventListener("install", (event) => {
  const keep = async () => {
    await (await caches.open(name)).addAll(FILES);
    await worker.skipWaiting();
  };
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  const takeOver = async () => {
    for (const other of await caches.keys()) {
      if (other.startsWith(place) && other !== name) await caches.delete(other);
    }
    await worker.clients.claim();
  };
  event.waitUntil(takeOver());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const answer = async () => {
    const wanted = request.mode === "navigate" ? "./" : request;
    const kept = await (await caches.open(name)).match(wanted, { ignoreSearch: true });
    return kept ?? await fetch(request);
  };
  if (request.method === "GET") event.respondWith(answer());
});
