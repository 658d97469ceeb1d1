import type Koa from 'koa';
import { lookup } from 'mrmime';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { SOCKET_PATH } from '#protocol/limits';
import type { BasePath } from '../base-path.ts';
import { METRICS_PATH } from './metrics-page.ts';

interface File {
  type: string;
  etag: string;
  /** By content encoding; what was compressed when the client was built. */
  bodies: Map<'br' | 'gzip' | 'identity', Buffer>;
}

const YEAR_S = 365 * 24 * 60 * 60;
const ENCODINGS = { '.br': 'br', '.gz': 'gzip' } as const;
/** The smallest first: browsers name all that they take, in no order that means anything. */
const PREFERRED = ['br', 'gzip'] as const;
const PAGE = '/index.html';
/** Where the page names its base path, as it is built. */
const BASE = '<base href="/" />';
/** Where everything lies that has a hash in its name. */
export const ASSETS = '/assets/';

export interface BuiltClient {
  /** Another one than before: what the page has not loaded yet may be gone. Empty where the client is not built. */
  readonly build: string;
  readonly serve: Koa.Middleware;
}

/**
 * The built client, from memory: some hundred kilobytes, read once. So a running server always serves one build
 * whole, whatever happens to the folder, and no request touches the disk. What has a hash in its name never
 * changes; the page itself is asked for anew, and stands behind every address without an extension.
 */
export function readClient(folder: string, basePath: BasePath): BuiltClient {
  const files = readFiles(folder);
  const page = files.get(PAGE);
  if (page && basePath.path !== '') files.set(PAGE, placeBelow(basePath, page));
  // The page names all else by its hash.
  const build = files.get(PAGE)?.etag ?? '';
  const serve: Koa.Middleware = async (ctx, next) => {
    const file = ctx.method === 'GET' || ctx.method === 'HEAD' ? find(files, ctx.path) : undefined;
    if (file === undefined) {
      await next();
      return;
    }
    ctx.route = 'client';
    const encoding = PREFERRED.find((one) => file.bodies.has(one) && ctx.acceptsEncodings(one)) ?? 'identity';
    const immutable = ctx.path.startsWith(ASSETS);
    ctx.set('Cache-Control', immutable ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
    ctx.vary('Accept-Encoding');
    ctx.etag = `${file.etag}-${encoding}`;
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.type = file.type;
    if (encoding !== 'identity') ctx.set('Content-Encoding', encoding);
    ctx.body = file.bodies.get(encoding);
  };
  return { build, serve };
}

function find(files: Map<string, File>, path: string): File | undefined {
  if (path === '/api' || path.startsWith('/api/') || path === METRICS_PATH) return undefined;
  const found = files.get(path);
  return found ?? (isPage(path) ? files.get(PAGE) : undefined);
}

/**
 * Whether the page is served at a path that is no file. It is not served in place of a missing script, which would be read as
 * a broken one, nor where programs look for something else: hidden files, and `/.well-known` (RFC 8615).
 */
const isPage = (path: string): boolean =>
  extname(path) === '' && !path.startsWith(ASSETS) && path !== SOCKET_PATH && !path.includes('/.');

/** The page with another base path than it was built with: the browser finds its files, the API and the WebSocket there. */
function placeBelow({ root }: BasePath, page: File): File {
  const built = page.bodies.get('identity')?.toString() ?? '';
  const body = Buffer.from(built.replace(BASE, `<base href="${root}" />`));
  const bodies: File['bodies'] = new Map([
    ['identity', body],
    ['gzip', gzipSync(body)],
    ['br', brotliCompressSync(body)],
  ]);
  return { ...page, etag: etagOf(body), bodies };
}

const etagOf = (body: Buffer) => createHash('sha256').update(body).digest('base64url').slice(0, 22);

/** Empty where the client is not built: in development another server builds and serves it. */
function readFiles(folder: string): Map<string, File> {
  const files = new Map<string, File>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const absolute = join(entry.parentPath, entry.name);
    const body = readFileSync(absolute);
    const path = `/${relative(folder, absolute).split(sep).join('/')}`;
    const extension = extname(path);
    const encoding = extension === '.br' || extension === '.gz' ? ENCODINGS[extension] : 'identity';
    const plain = encoding === 'identity' ? path : path.slice(0, -extension.length);
    const file = files.get(plain) ?? {
      type: lookup(plain) ?? 'application/octet-stream',
      etag: '',
      bodies: new Map(),
    };
    file.bodies.set(encoding, body);
    if (encoding === 'identity') file.etag = etagOf(body);
    files.set(plain, file);
  }
  return files;
}
