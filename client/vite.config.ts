import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const SERVER = `http://localhost:${process.env['PORT'] ?? '3000'}`;

/** Smaller than this, compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 512;

/**
 * Writes `.br` and `.gz` beside every text file of the build, once and at the highest level, so that
 * the server only has to choose between files.
 */
function precompress(): Plugin {
  const brotli = promisify(brotliCompress);
  const zip = promisify(gzip);
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true });
      for (const name of names.filter((name) => /\.(js|css|html|svg|json|webmanifest)$/.test(name))) {
        const content = await readFile(join(folder, name));
        if (content.length < COMPRESS_FROM_BYTES) continue;
        const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        await writeFile(join(folder, `${name}.br`), await brotli(content, options));
        await writeFile(join(folder, `${name}.gz`), await zip(content, { level: 9 }));
      }
    },
  };
}

/**
 * What stands in for packages that our libraries bring along, and that everyone would load: `debug` formats log lines for
 * their authors, which nobody reads, and `websocket` looks for the WebSocket that every browser has.
 */
const STAND_INS = new Map([
  ['debug', 'module.exports = () => () => undefined;'],
  ['websocket', 'module.exports = { w3cwebsocket: WebSocket };'],
]);

function standIns(): Plugin {
  const [before, after] = ['\0', '.cjs'];
  return {
    name: 'stand-ins',
    apply: 'build',
    enforce: 'pre',
    resolveId: (source) => (STAND_INS.has(source) ? before + source + after : null),
    load: (id) => STAND_INS.get(id.slice(before.length, -after.length)) ?? null,
  };
}

interface Modules {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

/** What a module needs at once: all that it and its imports import, but what is loaded later. */
function neededBy(start: string, modules: Modules): Set<string> {
  const found = new Set([start]);
  for (const id of found) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}

/**
 * Keeps in one file what the app needs at once. Else each part that is loaded later, and shares some of it, would have it
 * cut into more files, which compress worse.
 */
function appInOneFile(): (id: string, modules: Modules) => string | null {
  const path = (name: string) => resolve(import.meta.dirname, name);
  let sets: { app: Set<string>; first: Set<string> } | undefined;
  return (id, modules) => {
    sets ??= { app: neededBy(path('app.ts'), modules), first: neededBy(path('main.ts'), modules) };
    return sets.app.has(id) && !sets.first.has(id) ? 'app' : null;
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative to the <base> of index.html, into which the server writes the path below which it is found.
  base: './',
  plugins: [svelte({ configFile: false }), standIns(), precompress()],
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    // The oldest browsers that the client is built for. This lowers syntax; which APIs exist, client/tsconfig.json says by `lib`.
    target: ['chrome110', 'edge110', 'firefox120', 'safari16.4'],
    // Our content security policy allows no data: scripts, and a font or picture inlined is one not cached.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first page needs, too, stays with the first page.
          includeDependenciesRecursively: false,
          groups: [{ debugName: 'app', name: appInOneFile() }],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    // The server compares Origin and Host, so the Host header stays the browser's.
    proxy: {
      '/api': { target: SERVER, changeOrigin: false },
      '/ws': { target: SERVER, changeOrigin: false, ws: true },
    },
  },
});
