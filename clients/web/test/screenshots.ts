// `npm run screenshots`: a picture of each page at desktop and phone size, light and dark, in a
// folder outside of the repository, which it names: CODERUNNER_SCREENSHOTS, or one of its own in the
// folder for temporary files. Words are parts of names: `npm run screenshots -- learn`.

import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { launch, visit } from "./support/browser";
import { SIGHTS } from "./support/pages";

const folder = path.resolve(process.env["CODERUNNER_SCREENSHOTS"] ?? path.join(tmpdir(), "coderunner-screenshots"));
const words = process.argv.slice(2);
const SIZES = { desktop: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } };

mkdirSync(folder, { recursive: true });
const browser = await launch();
let failed = 0;
for (const { name, show } of SIGHTS.filter(({ name: known }) => words.length === 0 || words.some((word) => known.includes(word)))) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    try {
      await visit(browser, { viewport, hasTouch: size === "phone" }, async ({ page, expect }) => {
        expect(/401|Unauthorized/);
        await show(page);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(600);
          const file = path.join(folder, `${name}-${size}-${colorScheme}.png`);
          await page.screenshot({ path: file, fullPage: !/^(?:problem|playground)|-(?:import|drain)$/.test(name) });
          console.log(file);
        }
      });
    } catch (error) {
      failed += 1;
      console.error(`${name}, ${size}:`, error instanceof Error ? error.message : error);
    }
  }
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
