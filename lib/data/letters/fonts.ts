/**
 * The open fonts that letters are drawn with: packages of Fontsource (https://fontsource.org) on npm.
 * Importing this module fetches none of them; {@linkcode loadFont} does, one at a time.
 */

/** One font and what it is for. */
export interface Font {
  /** Name of its package in the `@fontsource` scope. */
  family: string;
  /** Exact version of the package. */
  version: string;
  /** Whether it looks written by hand; such fonts are drawn twice as often as text fonts. */
  handwriting: boolean;
  /** Whether its lower-case letters are drawn as capitals. */
  capitalsOnly: boolean;
  /** Whether it is kept out of training, to validate on. */
  validation: boolean;
  /** Which of its files, named after scripts. @default {"latin"} */
  subset?: string;
}

/** Names of packages, with their versions if those are not 5.3.0. */
const HANDWRITING = `
  alex-brush allura amatic-sc annie-use-your-telescope architects-daughter bad-script
  balsamiq-sans birthstone caveat caveat-brush cedarville-cursive chilanka comic-mono@5.2.5
  comic-neue comic-relief condiment@4.5.1 cookie corinthia courgette covered-by-your-grace
  damion dancing-script delicious-handrawn delius ephesis farsan finger-paint gaegu
  gloria-hallelujah gochi-hand grand-hotel grandstander great-vibes handlee happy-monkey@5.2.8
  homemade-apple indie-flower itim kalam kaushan-script licorice liu-jian-mao-cao lobster-two
  long-cang mansalva marck-script merriweather montecarlo@5.2.8 nanum-brush-script
  nanum-pen-script neucha oooh-baby pacifico parisienne patrick-hand permanent-marker
  playpen-sans poor-story reenie-beanie rochester rock-salt sacramento satisfy schoolbell
  shadows-into-light shantell-sans short-stack smooch sniglet sriracha sue-ellen-francisco
  swanky-and-moo-moo tangerine the-girl-next-door vibur whisper yellowtail yomogi yusei-magic
  zen-kurenaido zhi-mang-xing
`;

const TEXT = `
  abeezee arvo atkinson-hyperlegible cabin comfortaa courier-prime crimson-text dejavu-sans
  didact-gothic eb-garamond exo-2 fira-mono fredoka josefin-sans jost lato lexend
  libre-baskerville lora m-plus-rounded-1c montserrat nunito open-sans opendyslexic oswald
  poiret-one pt-serif questrial quicksand raleway roboto roboto-slab special-elite ubuntu
  varela-round
`;

const MORE_HANDWRITING = `
  aguafina-script akaya-kanadaka@5.0.8 aladin@5.2.8 allison amita@5.2.8 andika arima@5.1.0
  arizonia atma bellota beth-ellen bilbo bonheur-royale boogaloo bubblegum-sans capriola@5.1.1
  caramel carattere@5.2.8 charm@5.2.7 charmonman@5.2.7 clicker-script comforter@5.2.8
  coming-soon crafty-girls dawning-of-a-new-day dekko dynalight edu-nsw-act-foundation
  edu-qld-beginner edu-sa-beginner edu-tas-beginner edu-vic-wa-nt-beginner engagement
  estonia@5.0.20 euphoria-script@4.5.10 explora fasthand@5.0.20 felipa fondamento fuggles
  fuzzy-bubbles give-you-glory grape-nuts herr-von-muellerhoff hubballi@5.2.8 hurricane
  inspiration@5.2.7 island-moments@5.2.8 italianno jim-nightshade@5.1.1 julee@4.5.11
  just-another-hand just-me-again-down-here kavivanar kings kite-one@4.5.0 kolker-brush kristi
  la-belle-aurore leckerli-one love-ya-like-a-sister loved-by-the-king macondo mali margarine
  mclaren@5.2.8 meddon merienda moon-dance@5.0.5 mr-bedfort mr-dafoe mr-de-haviland
  mrs-saint-delafield ms-madi mynerve nerko-one norican nothing-you-could-do oregano
  overlock@5.2.8 pangolin passions-conflict@5.2.8 petit-formal-script pinyon-script playwrite-at
  playwrite-cz playwrite-de-grund playwrite-dk-loopet playwrite-es playwrite-fr-moderne
  playwrite-hu playwrite-in playwrite-it-moderna playwrite-nl playwrite-us-trad playwrite-za
  pompiere princess-sofia puppies-play qwigley@5.2.8 qwitcher-grypen rancho redressed romanesco
  rouge-script ruluko ruthie sansita-swashed sassy-frass sedgwick-ave send-flowers snippet@4.5.0
  sofia solitreo square-peg style-script sunshiney the-nautigal@5.2.7 tillana@5.2.8 twinkle-star
  unkempt vujahday-script waiting-for-the-sunrise water-brush waterfall@5.1.1 yesteryear zeyada
`;

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
  ...describeAll(HANDWRITING, true),
  ...describeAll(TEXT, false),
];

/**
 * Further handwriting fonts, with which only the letters are drawn that classifiers of letters learn
 * from: the shipped bases do not know them.
 */
export const MORE_FONTS: readonly Font[] = describeAll(MORE_HANDWRITING, true);

// Scripts that no base has seen, in fonts that none was made with: each font is one writer

/** Letters of a script and the fonts to draw them with; no digit of it is among them. */
interface Script {
  name: string;
  letters: string;
  fonts: readonly Font[];
}

/** Two dozen letters of each script; those that draw by hand stand first. */
export const SCRIPTS: readonly Script[] = [
  script("Hebrew", "hebrew", "אבגדהוזחטיכלמנסעפצקרשת", {
    handwriting: "gveret-levin solitreo playpen-sans-hebrew noto-rashi-hebrew",
    text:
      `noto-sans-hebrew noto-serif-hebrew heebo rubik assistant frank-ruhl-libre david-libre alef
      secular-one suez-one bellefair karantina`,
  }),
  script("Hiragana", "japanese", "あいうえおかきくけこさしすせそたちつてとなにぬね", {
    handwriting: `klee-one hachi-maru-pop yuji-mai yuji-syuku kiwi-maru slackside-one darumadrop-one
      cherry-bomb-one`,
    text: `mochiy-pop-one kaisei-decol zen-maru-gothic potta-one reggae-one stick
      sawarabi-mincho@5.2.8`,
  }),
  script("Thai", "thai", "กขคงจฉชซญฎฐฑฒณดตถทธนบปผฝ", {
    handwriting: "mali charm@5.2.7 charmonman@5.2.7 playpen-sans-thai",
    text: `noto-sans-thai noto-serif-thai kanit prompt sarabun mitr chonburi k2d@5.2.8
      kodchasan@5.2.8 pattaya`,
  }),
  script("Devanagari", "devanagari", "कखगघङचछजझञटठडढणतथदधनपफबभ", {
    handwriting: "amita@5.2.8 playpen-sans-deva tillana@5.2.8 kurale dekko",
    text: `noto-sans-devanagari noto-serif-devanagari poppins hind khand laila martel baloo-2 modak
      rozha-one yatra-one`,
  }),
];

function script(
  name: string,
  subset: string,
  letters: string,
  { handwriting, text }: { handwriting: string; text: string },
): Script {
  const fonts = [...describeAll(handwriting, true), ...describeAll(text, false)];
  return { name, letters, fonts: fonts.map((font) => ({ ...font, subset })) };
}

/** Describes fonts, whose names have their versions behind `@` if those are not 5.3.0. */
function describeAll(names: string, handwriting: boolean): Font[] {
  return names.trim().split(/\s+/).map((name) => {
    const [family, version = "5.3.0"] = name.split("@");
    return {
      family,
      version,
      handwriting,
      capitalsOnly: CAPITALS_ONLY.includes(family),
      validation: VALIDATION.includes(family),
    };
  });
}

/**
 * Fetches the regular cut of a font from npm, Latin if not told otherwise, or from Deno's cache once it is there.
 *
 * Deno resolves the package when its `package.json` is imported, at run time, because the
 * specifier is not a literal; only then can a file inside it be imported as bytes. So no
 * font is in any module graph, and there is no folder of packages. Deno fetches whatever its
 * lockfile names, so the fonts are not in `deno.lock` but in `fonts.lock` beside this file, by which
 * `deno task make` checks the contents of every package.
 *
 * @param font One of {@linkcode FONTS} or {@linkcode MORE_FONTS}, or of `SCRIPTS`.
 * @param format WOFF2 is what charts are lettered with.
 * @returns The bytes of a file of that format.
 * @throws {TypeError} If the package can neither be fetched nor found in the cache.
 */
export async function loadFont(
  { family, version, subset = "latin" }: Font,
  format: "woff" | "woff2" = "woff",
): Promise<Uint8Array> {
  const root = `npm:@fontsource/${family}@${version}`;
  await import(`${root}/package.json`, { with: { type: "json" } });
  const file = `${root}/files/${family}-${subset}-400-normal.${format}`;
  return (await import(file, { with: { type: "bytes" } })).default;
}
