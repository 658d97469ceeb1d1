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
 * The libraries' own log lines go nowhere: the package `debug`, which would format them for their authors, is 2.5 kB
 * that everyone loads and nobody reads.
 */
function withoutDebug(): Plugin {
  const id = '\0debug.cjs';
  return {
    name: 'without-debug',
    apply: 'build',
    enforce: 'pre',
    resolveId: (source) => (source === 'debug' ? id : null),
    load: (wanted) => (wanted === id ? 'module.exports = () => () => undefined;' : null),
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte({ configFile: false }), withoutDebug(), precompress()],
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    // Our content security policy allows no data: scripts, and a font or picture inlined is one not cached.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
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
