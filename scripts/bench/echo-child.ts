// The anchor of the message figures: the least that a chat server could do. Everyone has a number; a message
// goes back to its sender and on to its partner, and with COMMIT into one row on disk before that.
import { tell } from './ends-with-parent.ts';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type WebSocket, WebSocketServer } from 'ws';

const { DATA_DIR: folder = '', COMMIT: commits } = process.env;

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const sockets = new Map<string, WebSocket>();
const commit = commits === undefined ? () => undefined : openLog();

server.on('connection', (socket, request) => {
  sockets.set(new URL(request.url ?? '/', 'http://localhost').searchParams.get('tab') ?? '', socket);
  socket.on('message', (data) => {
    const text = (data as Buffer).toString('utf8');
    const { id, to } = JSON.parse(text) as { id: number; to: string };
    commit(id, text);
    socket.send(JSON.stringify({ acknowledged: id }));
    sockets.get(to)?.send(text);
  });
});
await once(server, 'listening');
const address = server.address();
tell({ port: typeof address === 'object' ? address?.port : undefined });

/** As durable as the server's own database (`server/db/database.ts`). */
function openLog(): (id: number, text: string) => void {
  const database = new DatabaseSync(join(folder, 'echo.sqlite'));
  database.exec(`pragma journal_mode = WAL; pragma synchronous = FULL;
    create table messages (id integer primary key, text text not null);`);
  const insert = database.prepare('insert into messages (id, text) values (?, ?)');
  return (id, text) => void insert.run(id, text);
}
