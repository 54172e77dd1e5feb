// The page on which the tests look at drawings. It is given the bytes of a run and shows them, by the
// module that the app uses.

import { mountDrawing, type Drawing } from "../../src/turtle";

declare global {
  interface Window {
    /** Shows a drawing in the place of the one before; returns what is to be compared. */
    showDrawing?: (base64: string, still: boolean) => Shown;
    shownDrawing?: Drawing;
    /** The file of a drawing's end, without showing it. */
    lastState?: (base64: string) => string;
  }
}

export interface Shown {
  /** Where the middle of the canvas is in the window. */
  readonly x: number;
  readonly y: number;
  /** Texts and their boxes, from the middle. */
  readonly texts: readonly { readonly text: string; readonly box: readonly number[] }[];
  /** The saved file. */
  readonly file: string;
}

const LABELS = { picture: "Drawing", play: "Play", pause: "Pause", skip: "To the end", speed: "Speed" };

window.showDrawing = (base64, still) => {
  const host = document.querySelector<HTMLElement>("#place");
  if (host === null) throw new Error("the page has no place for drawings");
  window.shownDrawing?.dispose();
  const drawing = mountDrawing(host, { labels: LABELS, reducedMotion: still });
  window.shownDrawing = drawing;
  drawing.append(bytesOf(base64));
  drawing.finish();
  return look(drawing);
};

window.lastState = (base64) => {
  const drawing = mountDrawing(document.createElement("div"), { labels: LABELS, reducedMotion: true });
  drawing.append(bytesOf(base64));
  const file = drawing.toSvg();
  drawing.dispose();
  return file;
};

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function look(drawing: Drawing): Shown {
  const picture = document.querySelector<SVGSVGElement>(".turtle-picture");
  if (picture === null) throw new Error("there is no picture");
  const { x, y, width, height } = picture.viewBox.baseVal;
  const place = picture.getScreenCTM();
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  const texts = [...picture.querySelectorAll("text")]
    .filter((element) => element.textContent !== "")
    .map((element) => {
      const box = element.getBBox();
      const corners = [box.x, box.y, box.x + box.width, box.y + box.height];
      return { text: [...element.children].map((line) => line.textContent).join("\n"), box: corners };
    });
  return { x: (place?.e ?? 0) + middleX, y: (place?.f ?? 0) + middleY, texts, file: drawing.toSvg() };
}
