// `npm run screenshots`: a picture of each page at desktop and phone size, light and dark, in the
// folder `screenshots`. Words are parts of names: `npm run screenshots -- learn`.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { launch, visit } from "./support/browser";
import { SIGHTS } from "./support/pages";

const folder = path.join(import.meta.dirname, "../screenshots");
const words = process.argv.slice(2);
const SIZES = { desktop: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } };

mkdirSync(folder, { recursive: true });
const browser = await launch();
let failed = 0;
for (const { name, show } of SIGHTS.filter(({ name: known }) => words.length === 0 || words.some((word) => known.includes(word)))) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"] as const) {
      const file = path.join(folder, `${name}-${size}-${colorScheme}.png`);
      try {
        await visit(browser, { viewport, colorScheme, hasTouch: size === "phone" }, async ({ page, expect }) => {
          expect(/401|Unauthorized/);
          await show(page);
          await page.waitForTimeout(600);
          await page.screenshot({ path: file, fullPage: !name.startsWith("problem") });
        });
        console.log(file);
      } catch (error) {
        failed += 1;
        console.error(`${name}, ${size}, ${colorScheme}:`, error instanceof Error ? error.message : error);
      }
    }
  }
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
