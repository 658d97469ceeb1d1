import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { addressOfHost } from '../../server/ip-address.ts';
import { lifeOf, LOOK_EVERY_MS, renewalOf } from '../../server/reach/acme.ts';
import { AcmeStore } from '../../server/reach/acme-store.ts';
import { broken, type Check, doubt, type Finding, good } from './finding.ts';

const DAY_MS = 86_400_000;
/** Who renews a certificate does it weeks before, or with a third of a short life left: so little means that nobody does. */
const LITTLE_MS = 14 * DAY_MS;
const LITTLE_OF_LIFE = 1 / 6;

export const checkCertificate: Check = (config) => {
  const { TLS_CERT, TLS_KEY, PUBLIC_URL, ACME } = config;
  const subject = 'certificate';
  if (ACME === 'on') return [checkAcme(config)];
  if (TLS_CERT === undefined || TLS_KEY === undefined) {
    return PUBLIC_URL?.protocol === 'https:'
      ? [good(subject, 'none here: the proxy in front has it, as PUBLIC_URL says.')]
      : [
          doubt(
            subject,
            'none: browsers give pages a camera over HTTPS or on localhost only. Set TLS_CERT and TLS_KEY, or put a proxy in front and set PUBLIC_URL.',
          ),
        ];
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(TLS_CERT));
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(TLS_KEY)))) {
      return [broken(subject, `TLS_KEY (${TLS_KEY}) is the key of another certificate than TLS_CERT's.`)];
    }
  } catch (error) {
    return [broken(subject, `TLS_CERT and TLS_KEY cannot be read as PEM: ${String(error)}.`)];
  }
  const { validFrom, validFromDate, validTo, validToDate } = certificate;
  const left = validToDate.getTime() - Date.now();
  if (left < 0) return [broken(subject, `it has expired on ${validTo}: renew it.`)];
  if (validFromDate.getTime() > Date.now()) {
    return [broken(subject, `it begins on ${validFrom}: is this machine's clock right?`)];
  }
  const name = PUBLIC_URL?.hostname;
  if (name !== undefined && !isFor(certificate, name)) {
    return [broken(subject, `it is not for ${name}, but for ${certificate.subjectAltName ?? 'no name'}.`)];
  }
  const life = validToDate.getTime() - validFromDate.getTime();
  return [
    left < Math.min(LITTLE_MS, life * LITTLE_OF_LIFE)
      ? doubt(subject, `it expires on ${validTo}: see that it is renewed.`)
      : good(subject, `good until ${validTo}.`),
  ];
};

function isFor(certificate: X509Certificate, host: string): boolean {
  const address = addressOfHost(host);
  const match = address === undefined ? certificate.checkHost(host) : certificate.checkIP(address);
  return match !== undefined;
}

/** The one that the server has got itself, and renews. */
function checkAcme({ ACME_DIRECTORY, DATA_DIR, PUBLIC_URL }: Config): Finding {
  const subject = 'certificate';
  const domain = PUBLIC_URL?.hostname ?? '';
  try {
    const store = new AcmeStore({ folder: join(DATA_DIR, 'acme'), directoryUrl: ACME_DIRECTORY, domain });
    const kept = store.certificate();
    if (kept === undefined) {
      return doubt(
        subject,
        `none from ${new URL(ACME_DIRECTORY).host} yet: port 443 of ${domain} must lead here; the server's log tells what went wrong.`,
      );
    }
    const now = Date.now();
    const due = renewalOf(kept);
    const { end } = lifeOf(kept);
    const until = new Date(end).toISOString();
    const words = `it expires on ${until}, and its renewal was due on ${new Date(due).toISOString()}: the server's log tells why it did not come.`;
    // With half of the time for it gone, it will not come by itself.
    if (now > (due + end) / 2) return broken(subject, words);
    if (now > due + LOOK_EVERY_MS) return doubt(subject, words);
    return good(subject, `good until ${until}, and renewed before.`);
  } catch (error) {
    return broken(subject, `the one that was kept cannot be used: ${String(error)}.`);
  }
}
