// An HTTP proxy such as offices have: it carries whatever is inside, but to port 443 only (RFC 9110, 9.3.6). Listens on
// the port that is given, and prints "ready" when it does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const ALLOWED_PORT = '443';

// Anything but CONNECT is none of its business.
const proxy = createServer((_request, response) => response.writeHead(405).end());
proxy.on('connect', ({ url = '' }, client, head) => {
  // An IPv6 address stands in brackets and has colons of its own.
  const { hostname, port } = new URL(`tunnel://${url}`);
  if (port !== ALLOWED_PORT) {
    client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const server = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    server.write(head);
    server.pipe(client).pipe(server);
  });
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
});
proxy.listen(Number(process.argv[2]));
await once(proxy, 'listening');
console.log('ready');
