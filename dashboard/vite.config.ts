import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  resolve: { alias: { "navstream-client": new URL("client/src/index.ts", import.meta.url).pathname } },
  build: {
    target: "es2022",
    sourcemap: false,
    // Nothing may become a data: script or an inline style: the page runs under a strict CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
  test: {
    include: ["test/**/*.test.ts", "client/test/**/*.test.ts"],
    environment: "node",
  },
});
