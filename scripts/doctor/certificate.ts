import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { AcmeStore } from '../../server/reach/acme-store.ts';
import { broken, type Check, doubt, type Finding, good } from './finding.ts';

const DAY_MS = 86_400_000;
/** Who renews a certificate does it weeks before; so few days left mean that nobody does. */
const FEW_DAYS = 14;

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
  const days = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
  if (days < 0) return [broken(subject, `it has expired on ${certificate.validTo}: renew it.`)];
  if (Date.parse(certificate.validFrom) > Date.now()) {
    return [broken(subject, `it begins on ${certificate.validFrom}: is this machine's clock right?`)];
  }
  const name = PUBLIC_URL?.hostname;
  if (name !== undefined && !(isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name))) {
    return [broken(subject, `it is not for ${name}, but for ${certificate.subjectAltName ?? 'no name'}.`)];
  }
  return [
    days < FEW_DAYS
      ? doubt(subject, `it expires in ${days} days: see that it is renewed.`)
      : good(subject, `good for ${days} days.`),
  ];
};

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
    const days = Math.floor((Date.parse(new X509Certificate(kept.cert).validTo) - Date.now()) / DAY_MS);
    return days < FEW_DAYS
      ? broken(subject, `it expires in ${days} days and was not renewed: the server's log tells why.`)
      : good(subject, `good for ${days} days, and renewed before they are over.`);
  } catch (error) {
    return broken(subject, `the one that was kept cannot be used: ${String(error)}.`);
  }
}
