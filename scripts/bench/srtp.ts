import { createCipheriv, randomBytes } from 'node:crypto';

/** AEAD_AES_128_GCM (RFC 7714): a key of 16 bytes and a salt of 12. */
const KEY_BYTES = 16;
const SALT_BYTES = 12;
const RTP_HEADER_BYTES = 12;

/** RFC 3711 section 4.3.2: what each derived secret is for. */
const LABEL_KEY = 0;
const LABEL_SALT = 2;

export const SRTP_SUITE = 'AEAD_AES_128_GCM';

/** Encrypts RTP packets without header extensions, so that the server has the work that a browser gives it. */
export class SrtpSender {
  /** Key and salt, as the other side must have them. */
  readonly keyBase64: string;
  readonly #key: Buffer;
  readonly #salt: Buffer;

  constructor(master: Buffer = randomBytes(KEY_BYTES + SALT_BYTES)) {
    this.keyBase64 = master.toString('base64');
    this.#key = derive(master, LABEL_KEY, KEY_BYTES);
    this.#salt = derive(master, LABEL_SALT, SALT_BYTES);
  }

  /** `index` counts the packets of the stream: its lower 16 bits are the packet's sequence number. */
  protect(packet: Buffer, index: number): Buffer {
    const nonce = Buffer.alloc(SALT_BYTES);
    packet.copy(nonce, 2, 8, RTP_HEADER_BYTES);
    nonce.writeUIntBE(index, 6, 6);
    for (let byte = 0; byte < SALT_BYTES; byte++) nonce[byte] = (nonce[byte] ?? 0) ^ (this.#salt[byte] ?? 0);
    const header = packet.subarray(0, RTP_HEADER_BYTES);
    const cipher = createCipheriv('aes-128-gcm', this.#key, nonce).setAAD(header);
    const encrypted = cipher.update(packet.subarray(RTP_HEADER_BYTES));
    cipher.final();
    return Buffer.concat([header, encrypted, cipher.getAuthTag()]);
  }
}

/** RFC 3711 section 4.3.3 with a key derivation rate of 0: AES in counter mode on the salt and the label. */
function derive(master: Buffer, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(16);
  master.copy(counter, 0, KEY_BYTES);
  counter[7] = (counter[7] ?? 0) ^ label;
  return createCipheriv('aes-128-ctr', master.subarray(0, KEY_BYTES), counter).update(Buffer.alloc(bytes));
}
