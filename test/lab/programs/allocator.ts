// Asks a relay for an allocation at each of its addresses, by UDP and by TCP, and prints what it answered as a line of
// JSON: 0 where it gave one.
//
//     allocator PORT USERNAME CREDENTIAL ADDRESS ...
import { TurnClient } from '../../support/turn-client.ts';

const [port = '', username = '', credential = '', ...addresses] = process.argv.slice(2);
const codes: Record<string, number> = {};
for (const to of addresses) {
  for (const way of ['udp', 'tcp'] as const) {
    using client = await TurnClient.open({
      way,
      port: Number(port),
      to,
      credentials: { username, credential },
    });
    codes[`${way} ${to}`] = (await client.allocate()).code;
  }
}
console.log(JSON.stringify(codes));
