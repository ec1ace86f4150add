/** All that the page says, in each language that it speaks. */

const ENGLISH = {
  language: "en",

  // the paper
  title: "Draw a digit",
  drawing: "Drawing",
  drawingArea: "Drawing area",
  undo: "Undo",
  clear: "Clear",
  picture: "Picture",
  whatIsRead: "What is read",
  help: "Draw, drop, paste or photograph.",
  helpForKeys: "With keys: arrows move the pen, space lowers or lifts it.",
  penDown: "Pen down",
  penUp: "Pen up",

  // the models
  digits: "Digits",
  letters: "Letters",
  alphanumeric: "Letters and digits",
  teach: "Teach",
  drawDigit: "Draw a digit",
  drawLetter: "Draw a letter",
  drawAlphanumeric: "Draw a letter or digit",
  drawSign: "Draw a sign",
  teachSigns: "Teach it signs of your own",

  // the answer
  answer: "Answer",
  whatTheNetworkSees: "What the network sees",
  whatItSees: "what it sees",
  found: "Found",
  foundOne: (index: number, count: number, character: string) =>
    `${index} of ${count}: ${character}`,
  probabilities: "Probabilities",
  sure: (percent: string) => `${percent} sure`,
  perhaps: (character: string) => `not sure; perhaps ${character}`,
  noneKnown: "like nothing that it knows",
  nothingFound: "nothing found that can be read",
  named: (character: string) =>
    /^[AEFHILMNORSXaefhilmnorsx8]$/.test(character)
      ? `an ${character}`
      : character.length === 1
      ? `a ${character}`
      : character,

  // corrections
  itWas: "It was",
  keepsOnClick: "A click keeps this picture here, to learn from.",
  kept: (character: string) => `Kept as ${character}. Thank you. Another click takes it back.`,
  takenBack: "Taken back",

  // what went wrong
  loading: "Loading the network …",
  notLoaded: "The network could not be loaded. It is tried again.",
  noService: "The service does not answer. It is asked again.",
  busy: "Very many are asking. It is asked again.",
  failed: "This could not be read. It is tried again.",
  noPicture: "This is no picture that can be opened, or a part of it is missing.",
  pictureTooLarge: "This picture is too large.",
  notKept: "This could not be kept.",
  noPlace: "No place is left to keep it.",
  openedAsFile:
    "Opened as a file, this page cannot load its network. Hand its folder out with a web server, such as “npx serve”, and open the address that it names.",

  // teaching
  newClass: "New class",
  add: "Add",
  classes: "Classes",
  keptToo: "The service keeps what you add, to learn from.",
  clickRemoves: "A click on an example removes it.",
  enterAdds: "Enter adds to the last class.",
  takeBack: "Take back",
  openExamples: "Open examples",
  saveExamples: "Save examples",
  saveRecogniser: "Save recogniser",
  nameFirst: "Name a class first.",
  needsName: "A class needs a name.",
  nameAndDraw: "Name a class and draw it.",
  teachSecond: "Now teach it a second class.",
  drawExample: (name: string) => `Draw an example of ${name}.`,
  examples: (count: number) => `${count} ${count === 1 ? "example" : "examples"}`,
  opened: (count: number, unread: number) =>
    `${count} ${count === 1 ? "example" : "examples"} opened${
      unread > 0 ? `, ${unread} cannot be read` : ""
    }`,
  noZip: "This is no zip of examples that can be opened.",
  lessonFull: "These are more examples than it can learn from.",
  notRemembered: "This browser does not remember it.",
  removed: (name: string) => `${name} is removed`,
  exampleRemoved: (name: string) => `An example of ${name} is removed`,
  renamed: (from: string, to: string) => `${from} is called ${to}`,
  nameOf: (name: string) => `Name of class ${name}`,
  addTo: (name: string) => `Add to ${name}`,
  removeClass: (name: string) => `Remove class ${name}`,
  removeExample: (index: number, name: string) => `Remove example ${index} of ${name}`,

  // inside
  lookInside: "Look inside",
  drawFirst: "Draw something first.",
  speaksFor: "for",
  speaksAgainst: "against",
  /** Around the words in colour. */
  whatSpeaks: (character: string) => ["what speaks ", " and ", ` ${character}`],
  covered: "Squares of ink are covered in turn: where that makes it less sure, ink speaks for it.",
  layer: (number: number, count: number, side: number) =>
    `Layer ${number}: ${count} maps of ${side}\u00a0×\u00a0${side}.`,
  layerDoes: (index: number, depth: number): string =>
    index === 0
      ? "Each map shows where a filter meets what it looks for: an edge, or a stroke in one direction."
      : index < depth - 1
      ? "Filters put the maps before together: corners, curves, ends of strokes."
      : "These see most of the drawing at once, and answer to its larger parts.",
  /** Of a map that has several filters, the strongest is shown. */
  mapOf: (number: number, filters: number) => {
    const filter = ["", "its filter, and "][filters] ??
      `the strongest of its ${filters} filters, and `;
    return `Map ${number}: ${filter}where it answers`;
  },
  head: "The head.",
  headDoes: (features: number) =>
    `It weighs all ${features} numbers of the last maps into a score for each class, and the scores into probabilities: each point that a class is behind makes it 2.7 times less likely.`,

  onPhones: "On phones",
  codeOf: (url: string) => `QR code of ${url}`,
  forPrograms: "For programs",
};

/** What is said in a language. */
type Texts = typeof ENGLISH;

const GERMAN: Texts = {
  language: "de",

  title: "Zeichne eine Ziffer",
  drawing: "Zeichnung",
  drawingArea: "Zeichenfläche",
  undo: "Zurück",
  clear: "Leeren",
  picture: "Bild",
  whatIsRead: "Was gelesen wird",
  help: "Zeichnen, ablegen, einfügen oder fotografieren.",
  helpForKeys: "Mit Tasten: Pfeile bewegen den Stift, die Leertaste senkt oder hebt ihn.",
  penDown: "Stift unten",
  penUp: "Stift oben",

  digits: "Ziffern",
  letters: "Buchstaben",
  alphanumeric: "Buchstaben und Ziffern",
  teach: "Lehren",
  drawDigit: "Zeichne eine Ziffer",
  drawLetter: "Zeichne einen Buchstaben",
  drawAlphanumeric: "Zeichne einen Buchstaben oder eine Ziffer",
  drawSign: "Zeichne ein Zeichen",
  teachSigns: "Bring ihm eigene Zeichen bei",

  answer: "Antwort",
  whatTheNetworkSees: "Was das Netz sieht",
  whatItSees: "was es sieht",
  found: "Gefunden",
  foundOne: (index, count, character) => `${index} von ${count}: ${character}`,
  probabilities: "Wahrscheinlichkeiten",
  sure: (percent) => `zu ${percent} sicher`,
  perhaps: (character) => `nicht sicher; vielleicht ${character}`,
  noneKnown: "gleicht nichts, was es kennt",
  nothingFound: "nichts gefunden, was zu lesen ist",
  named: (character) =>
    /^\d$/.test(character)
      ? `eine ${character}`
      : character.length === 1
      ? `ein ${character}`
      : character,

  itWas: "Es war",
  keepsOnClick: "Ein Klick bewahrt dieses Bild hier auf, um daraus zu lernen.",
  kept: (character) => `Als ${character} aufbewahrt. Danke. Noch ein Klick nimmt es zurück.`,
  takenBack: "Zurückgenommen",

  loading: "Das Netz wird geladen …",
  notLoaded: "Das Netz ließ sich nicht laden. Es wird noch einmal versucht.",
  noService: "Der Dienst antwortet nicht. Er wird noch einmal gefragt.",
  busy: "Sehr viele fragen gerade. Es wird noch einmal gefragt.",
  failed: "Das ließ sich nicht lesen. Es wird noch einmal versucht.",
  noPicture: "Das ist kein Bild, das sich öffnen lässt, oder es fehlt ein Teil davon.",
  pictureTooLarge: "Dieses Bild ist zu groß.",
  notKept: "Das ließ sich nicht aufbewahren.",
  noPlace: "Es ist kein Platz mehr, um es aufzubewahren.",
  openedAsFile:
    "Als Datei geöffnet kann diese Seite ihr Netz nicht laden. Gib ihren Ordner mit einem Webserver aus, etwa mit „npx serve“, und öffne die Adresse, die er nennt.",

  newClass: "Neue Klasse",
  add: "Dazu",
  classes: "Klassen",
  keptToo: "Der Dienst bewahrt auf, was du hinzufügst, um daraus zu lernen.",
  clickRemoves: "Ein Klick auf ein Beispiel entfernt es.",
  enterAdds: "Die Eingabetaste fügt zur letzten Klasse hinzu.",
  takeBack: "Zurücknehmen",
  openExamples: "Beispiele öffnen",
  saveExamples: "Beispiele sichern",
  saveRecogniser: "Erkenner sichern",
  nameFirst: "Benenne zuerst eine Klasse.",
  needsName: "Eine Klasse braucht einen Namen.",
  nameAndDraw: "Benenne eine Klasse und zeichne sie.",
  teachSecond: "Bring ihm jetzt eine zweite Klasse bei.",
  drawExample: (name) => `Zeichne ein Beispiel für ${name}.`,
  examples: (count) => `${count} ${count === 1 ? "Beispiel" : "Beispiele"}`,
  opened: (count, unread) =>
    `${count} ${count === 1 ? "Beispiel" : "Beispiele"} geöffnet${
      unread > 0 ? `, ${unread} nicht lesbar` : ""
    }`,
  noZip: "Das ist kein Zip mit Beispielen, das sich öffnen lässt.",
  lessonFull: "Das sind mehr Beispiele, als es lernen kann.",
  notRemembered: "Dieser Browser merkt es sich nicht.",
  removed: (name) => `${name} ist entfernt`,
  exampleRemoved: (name) => `Ein Beispiel für ${name} ist entfernt`,
  renamed: (from, to) => `${from} heißt jetzt ${to}`,
  nameOf: (name) => `Name der Klasse ${name}`,
  addTo: (name) => `Zu ${name} dazu`,
  removeClass: (name) => `Klasse ${name} entfernen`,
  removeExample: (index, name) => `Beispiel ${index} für ${name} entfernen`,

  lookInside: "Hineinsehen",
  drawFirst: "Zeichne zuerst etwas.",
  speaksFor: "für",
  speaksAgainst: "gegen",
  whatSpeaks: (character) => ["was ", " und ", ` ${character} spricht`],
  covered:
    "Stück um Stück wird die Tinte verdeckt: Wo es dadurch unsicherer wird, spricht sie dafür.",
  layer: (number, count, side) =>
    `Schicht ${number}: ${count} Karten von ${side}\u00a0×\u00a0${side}.`,
  layerDoes: (index, depth) =>
    index === 0
      ? "Jede Karte zeigt, wo ein Filter findet, was er sucht: eine Kante oder einen Strich in einer Richtung."
      : index < depth - 1
      ? "Filter setzen die Karten davor zusammen: Ecken, Bögen, Enden von Strichen."
      : "Diese sehen das meiste der Zeichnung zugleich und antworten auf ihre größeren Teile.",
  mapOf: (number, filters) => {
    const filter = ["", "ihr Filter, und "][filters] ??
      `der stärkste ihrer ${filters} Filter, und `;
    return `Karte ${number}: ${filter}wo sie antwortet`;
  },
  head: "Der Kopf.",
  headDoes: (features) =>
    `Er wägt alle ${features} Zahlen der letzten Karten zu einem Punktestand für jede Klasse, und diese zu Wahrscheinlichkeiten: Jeder Punkt Rückstand macht eine Klasse 2,7-mal unwahrscheinlicher.`,

  onPhones: "Auf Handys",
  codeOf: (url) => `QR-Code von ${url}`,
  forPrograms: "Für Programme",
};

/** The texts by the tags of their languages. */
export const TEXTS: Record<string, Texts> = { en: ENGLISH, de: GERMAN };

/** What the page says, in the first language of the browser's that it speaks. */
export const texts: Texts =
  navigator.languages.map((tag) => TEXTS[tag.split("-")[0]]).find((said) => said) ?? ENGLISH;
