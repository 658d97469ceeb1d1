import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { broken, type Check, doubt, good } from './finding.ts';

const DAY_MS = 86_400_000;
/** Who renews a certificate does it weeks before; so few days left mean that nobody does. */
const FEW_DAYS = 14;

export const checkCertificate: Check = ({ TLS_CERT, TLS_KEY, PUBLIC_URL }) => {
  const subject = 'certificate';
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
