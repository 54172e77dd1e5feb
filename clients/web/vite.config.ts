// How the app is built. Assets carry a hash of their content in their names, nothing is inlined
// into the page (the content security policy would block it), and nothing comes from elsewhere.

import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

/** Where `npm run dev` finds control-plane. */
const server = process.env["CODERUNNER_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [solid()],
  build: {
    target: "es2022",
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "^/coderunner\\.": server } },
});
