import { ConfigError, loadConfig, type Config } from '../config/load.ts';
import { createApp } from './app.ts';

/** What went wrong at start, in one sentence that says how to mend it. */
function explain(error: unknown, config: Config | undefined): string {
  if (error instanceof ConfigError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const path = error instanceof Error && 'path' in error ? String(error.path) : '';
  if (config === undefined) return text;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${config.PORT} is taken by another program: stop that one, or set PORT to another number.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${config.HOST ?? ''}: set HOST to one that it has, or leave it out.`;
  }
  if (code === 'EACCES' && text.includes('listen')) {
    return `Port ${config.PORT} may not be used by this user: set PORT to 1024 or more.`;
  }
  if (path !== '' && (path === config.TLS_CERT || path === config.TLS_KEY)) {
    return `${path === config.TLS_CERT ? 'TLS_CERT' : 'TLS_KEY'} names ${path}, which cannot be read: ${text}.`;
  }
  if (text.includes('PEM') || (typeof code === 'string' && code.startsWith('ERR_OSSL'))) {
    return `TLS_CERT and TLS_KEY are no certificate and key that belong together: ${text}.`;
  }
  if (typeof code === 'string' && /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|SQLITE_)/.test(code)) {
    return `The data folder ${config.DATA_DIR} cannot be written: set DATA_DIR to a folder that this user may write to (${text}).`;
  }
  if (/port bind failed|address already in use/i.test(text)) {
    const last = config.MEDIA_PORT + config.MEDIA_WORKERS - 1;
    return `A media port from ${config.MEDIA_PORT} to ${last} is taken, UDP or TCP: stop the other program, or set MEDIA_PORT.`;
  }
  if (/worker/i.test(text) || code === 'ENOENT') {
    return `The media worker does not start: run "npm start" to have it set up, or set MEDIASOUP_WORKER_BIN (${text}).`;
  }
  return `ChatAway cannot start: ${text}`;
}

let config: Config | undefined;
try {
  config = loadConfig(process.env);
  const app = await createApp(config);
  const port = await app.listen();

  const stop = () => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);

  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  console.log(`ChatAway is ready at ${config.PUBLIC_URL?.origin ?? `${scheme}://localhost:${port}`}`);
} catch (error) {
  console.error(explain(error, config));
  process.exit(1);
}
