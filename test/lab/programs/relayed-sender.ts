// Sends texts through a relay to ports of the one peer that it may have, and says "done" when they are under way.
//
//     relayed-sender ADDRESS PORT USERNAME CREDENTIAL PEER_PORT/TEXT ...
import { RELAYED_MEDIA_ADDRESS } from '../../../server/reach/turn-configuration.ts';
import { TurnClient } from '../../support/turn-client.ts';

const [to = '', port = '', username = '', credential = '', ...texts] = process.argv.slice(2);
const credentials = { username, credential };
using client = await TurnClient.open({ way: 'tcp', port: Number(port), to, credentials });
await client.allocate();
await client.permit({ address: RELAYED_MEDIA_ADDRESS, port: 9 });
for (const one of texts) {
  const [peer = '', text = ''] = one.split('/');
  client.send({ address: RELAYED_MEDIA_ADDRESS, port: Number(peer) }, Buffer.from(text));
}
// The answer tells that the relay has dealt with what came before.
await client.refresh(60);
console.log('done');
