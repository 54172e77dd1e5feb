// What browsers call themselves, in words. The user agents have the forms that the browsers' makers describe.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf } from "../../src/device";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

const TABLE: readonly (readonly [string, string | undefined])[] = [
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, "Edge, Windows"],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome, ChromeOS"],
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/140.0.0.0 Safari/537.36`, "Chrome, Linux"],
  [`Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, "Samsung Internet, Android"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Safari, iPhone",
  ],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari, macOS"],
  ["connect-es/2.2.0", undefined],
  ["coderunner-cli/0.1.0", undefined],
  ["", undefined],
];

for (const [userAgent, expected] of TABLE) {
  test(`"${userAgent.slice(0, 60)}" is ${expected ?? "left as it is"}`, () => {
    const device = deviceOf(userAgent);
    assert.equal(device === undefined ? undefined : `${device.browser}, ${device.system}`, expected);
  });
}
