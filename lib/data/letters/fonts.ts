/**
 * The open fonts that letters are drawn with: packages of Fontsource (https://fontsource.org) on npm.
 * Importing this module fetches none of them; {@linkcode loadFont} does, one at a time.
 */

import type { Font } from "./glyphs.ts";

const HANDWRITING = [
  "alex-brush@5.3.0",
  "allura@5.3.0",
  "amatic-sc@5.3.0",
  "annie-use-your-telescope@5.3.0",
  "architects-daughter@5.3.0",
  "bad-script@5.3.0",
  "balsamiq-sans@5.3.0",
  "birthstone@5.3.0",
  "caveat@5.3.0",
  "caveat-brush@5.3.0",
  "cedarville-cursive@5.3.0",
  "chilanka@5.3.0",
  "comic-mono@5.2.5",
  "comic-neue@5.3.0",
  "comic-relief@5.3.0",
  "condiment@4.5.1",
  "cookie@5.3.0",
  "corinthia@5.3.0",
  "courgette@5.3.0",
  "covered-by-your-grace@5.3.0",
  "damion@5.3.0",
  "dancing-script@5.3.0",
  "delicious-handrawn@5.3.0",
  "delius@5.3.0",
  "ephesis@5.3.0",
  "farsan@5.3.0",
  "finger-paint@5.3.0",
  "gaegu@5.3.0",
  "gloria-hallelujah@5.3.0",
  "gochi-hand@5.3.0",
  "grand-hotel@5.3.0",
  "grandstander@5.3.0",
  "great-vibes@5.3.0",
  "handlee@5.3.0",
  "happy-monkey@5.2.8",
  "homemade-apple@5.3.0",
  "indie-flower@5.3.0",
  "itim@5.3.0",
  "kalam@5.3.0",
  "kaushan-script@5.3.0",
  "licorice@5.3.0",
  "liu-jian-mao-cao@5.3.0",
  "lobster-two@5.3.0",
  "long-cang@5.3.0",
  "mansalva@5.3.0",
  "marck-script@5.3.0",
  "merriweather@5.3.0",
  "montecarlo@5.2.8",
  "nanum-brush-script@5.3.0",
  "nanum-pen-script@5.3.0",
  "neucha@5.3.0",
  "oooh-baby@5.3.0",
  "pacifico@5.3.0",
  "parisienne@5.3.0",
  "patrick-hand@5.3.0",
  "permanent-marker@5.3.0",
  "playpen-sans@5.3.0",
  "poor-story@5.3.0",
  "reenie-beanie@5.3.0",
  "rochester@5.3.0",
  "rock-salt@5.3.0",
  "sacramento@5.3.0",
  "satisfy@5.3.0",
  "schoolbell@5.3.0",
  "shadows-into-light@5.3.0",
  "shantell-sans@5.3.0",
  "short-stack@5.3.0",
  "smooch@5.3.0",
  "sniglet@5.3.0",
  "sriracha@5.3.0",
  "sue-ellen-francisco@5.3.0",
  "swanky-and-moo-moo@5.3.0",
  "tangerine@5.3.0",
  "the-girl-next-door@5.3.0",
  "vibur@5.3.0",
  "whisper@5.3.0",
  "yellowtail@5.3.0",
  "yomogi@5.3.0",
  "yusei-magic@5.3.0",
  "zen-kurenaido@5.3.0",
  "zhi-mang-xing@5.3.0",
];

const TEXT = [
  "abeezee@5.3.0",
  "arvo@5.3.0",
  "atkinson-hyperlegible@5.3.0",
  "cabin@5.3.0",
  "comfortaa@5.3.0",
  "courier-prime@5.3.0",
  "crimson-text@5.3.0",
  "dejavu-sans@5.3.0",
  "didact-gothic@5.3.0",
  "eb-garamond@5.3.0",
  "exo-2@5.3.0",
  "fira-mono@5.3.0",
  "fredoka@5.3.0",
  "josefin-sans@5.3.0",
  "jost@5.3.0",
  "lato@5.3.0",
  "lexend@5.3.0",
  "libre-baskerville@5.3.0",
  "lora@5.3.0",
  "m-plus-rounded-1c@5.3.0",
  "montserrat@5.3.0",
  "nunito@5.3.0",
  "open-sans@5.3.0",
  "opendyslexic@5.3.0",
  "oswald@5.3.0",
  "poiret-one@5.3.0",
  "pt-serif@5.3.0",
  "questrial@5.3.0",
  "quicksand@5.3.0",
  "raleway@5.3.0",
  "roboto@5.3.0",
  "roboto-slab@5.3.0",
  "special-elite@5.3.0",
  "ubuntu@5.3.0",
  "varela-round@5.3.0",
];

const MORE_HANDWRITING = [
  "aguafina-script@5.3.0",
  "akaya-kanadaka@5.0.8",
  "aladin@5.2.8",
  "allison@5.3.0",
  "amita@5.2.8",
  "andika@5.3.0",
  "arima@5.1.0",
  "arizonia@5.3.0",
  "atma@5.3.0",
  "bellota@5.3.0",
  "beth-ellen@5.3.0",
  "bilbo@5.3.0",
  "bonheur-royale@5.3.0",
  "boogaloo@5.3.0",
  "bubblegum-sans@5.3.0",
  "capriola@5.1.1",
  "caramel@5.3.0",
  "carattere@5.2.8",
  "charm@5.2.7",
  "charmonman@5.2.7",
  "clicker-script@5.3.0",
  "comforter@5.2.8",
  "coming-soon@5.3.0",
  "crafty-girls@5.3.0",
  "dawning-of-a-new-day@5.3.0",
  "dekko@5.3.0",
  "dynalight@5.3.0",
  "edu-nsw-act-foundation@5.3.0",
  "edu-qld-beginner@5.3.0",
  "edu-sa-beginner@5.3.0",
  "edu-tas-beginner@5.3.0",
  "edu-vic-wa-nt-beginner@5.3.0",
  "engagement@5.3.0",
  "estonia@5.0.20",
  "euphoria-script@4.5.10",
  "explora@5.3.0",
  "fasthand@5.0.20",
  "felipa@5.3.0",
  "fondamento@5.3.0",
  "fuggles@5.3.0",
  "fuzzy-bubbles@5.3.0",
  "give-you-glory@5.3.0",
  "grape-nuts@5.3.0",
  "herr-von-muellerhoff@5.3.0",
  "hubballi@5.2.8",
  "hurricane@5.3.0",
  "inspiration@5.2.7",
  "island-moments@5.2.8",
  "italianno@5.3.0",
  "jim-nightshade@5.1.1",
  "julee@4.5.11",
  "just-another-hand@5.3.0",
  "just-me-again-down-here@5.3.0",
  "kavivanar@5.3.0",
  "kings@5.3.0",
  "kite-one@4.5.0",
  "kolker-brush@5.3.0",
  "kristi@5.3.0",
  "la-belle-aurore@5.3.0",
  "leckerli-one@5.3.0",
  "love-ya-like-a-sister@5.3.0",
  "loved-by-the-king@5.3.0",
  "macondo@5.3.0",
  "mali@5.3.0",
  "margarine@5.3.0",
  "mclaren@5.2.8",
  "meddon@5.3.0",
  "merienda@5.3.0",
  "moon-dance@5.0.5",
  "mr-bedfort@5.3.0",
  "mr-dafoe@5.3.0",
  "mr-de-haviland@5.3.0",
  "mrs-saint-delafield@5.3.0",
  "ms-madi@5.3.0",
  "mynerve@5.3.0",
  "nerko-one@5.3.0",
  "norican@5.3.0",
  "nothing-you-could-do@5.3.0",
  "oregano@5.3.0",
  "overlock@5.2.8",
  "pangolin@5.3.0",
  "passions-conflict@5.2.8",
  "petit-formal-script@5.3.0",
  "pinyon-script@5.3.0",
  "playwrite-at@5.3.0",
  "playwrite-cz@5.3.0",
  "playwrite-de-grund@5.3.0",
  "playwrite-dk-loopet@5.3.0",
  "playwrite-es@5.3.0",
  "playwrite-fr-moderne@5.3.0",
  "playwrite-hu@5.3.0",
  "playwrite-in@5.3.0",
  "playwrite-it-moderna@5.3.0",
  "playwrite-nl@5.3.0",
  "playwrite-us-trad@5.3.0",
  "playwrite-za@5.3.0",
  "pompiere@5.3.0",
  "princess-sofia@5.3.0",
  "puppies-play@5.3.0",
  "qwigley@5.2.8",
  "qwitcher-grypen@5.3.0",
  "rancho@5.3.0",
  "redressed@5.3.0",
  "romanesco@5.3.0",
  "rouge-script@5.3.0",
  "ruluko@5.3.0",
  "ruthie@5.3.0",
  "sansita-swashed@5.3.0",
  "sassy-frass@5.3.0",
  "sedgwick-ave@5.3.0",
  "send-flowers@5.3.0",
  "snippet@4.5.0",
  "sofia@5.3.0",
  "solitreo@5.3.0",
  "square-peg@5.3.0",
  "style-script@5.3.0",
  "sunshiney@5.3.0",
  "the-nautigal@5.2.7",
  "tillana@5.2.8",
  "twinkle-star@5.3.0",
  "unkempt@5.3.0",
  "vujahday-script@5.3.0",
  "waiting-for-the-sunrise@5.3.0",
  "water-brush@5.3.0",
  "waterfall@5.1.1",
  "yesteryear@5.3.0",
  "zeyada@5.3.0",
];

/** Seven of the handwriting fonts and three of the text fonts, picked once at random. */
const VALIDATION = [
  "alex-brush",
  "marck-script",
  "nanum-brush-script",
  "nanum-pen-script",
  "rock-salt",
  "swanky-and-moo-moo",
  "yellowtail",
  "opendyslexic",
  "special-elite",
  "varela-round",
];

const CAPITALS_ONLY = ["amatic-sc", "permanent-marker", "rock-salt"];

/** Every font that the base is trained or validated on. */
export const FONTS: readonly Font[] = [
  ...HANDWRITING.map((name) => describe(name, true)),
  ...TEXT.map((name) => describe(name, false)),
];

/**
 * Further handwriting fonts, with which only the letters are drawn that classifiers of letters learn
 * from: the shipped bases do not know them.
 */
export const MORE_FONTS: readonly Font[] = MORE_HANDWRITING.map((name) => describe(name, true));

/** A font that charts are lettered with too, for examples and tests: it needs no further package. */
export const INTER: Font = describe("inter@5.3.0", false);

function describe(name: string, handwriting: boolean): Font {
  const [family, version] = name.split("@");
  return {
    family,
    version,
    handwriting,
    capitalsOnly: CAPITALS_ONLY.includes(family),
    validation: VALIDATION.includes(family),
  };
}

/**
 * Fetches the regular Latin cut of a font from npm, or from Deno's cache once it is there.
 *
 * Deno resolves the package when its `package.json` is imported, at run time, because the
 * specifier is not a literal; only then can a file inside it be imported as bytes. So no
 * font is in any module graph, and there is no folder of packages. Deno fetches whatever its
 * lockfile names, so the fonts are not in `deno.lock` but in `fonts.lock` beside this file, by which
 * the pretrain task checks the contents of every package.
 *
 * @param font One of {@linkcode FONTS} or {@linkcode MORE_FONTS}, or {@linkcode INTER}.
 * @returns The bytes of a WOFF file.
 * @throws {TypeError} If the package can neither be fetched nor found in the cache.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = await loadFont(INTER);
 * assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "wOFF");
 * ```
 */
export async function loadFont({ family, version }: Font): Promise<Uint8Array> {
  const root = `npm:@fontsource/${family}@${version}`;
  await import(`${root}/package.json`, { with: { type: "json" } });
  const file = `${root}/files/${family}-latin-400-normal.woff`;
  return (await import(file, { with: { type: "bytes" } })).default;
}
