/** A protoo request, parsed. Other kinds of frames a client has no reason to send. */
export interface RequestFrame {
  request: true;
  id: number;
  method: string;
  data: unknown;
}

/**
 * Parses a text frame as protoo's `Message.parse` should: that one throws on a frame that is `null`, outside of any
 * handler, and takes the process down with it. What is no request is undefined; what is a request is
 * answered, whatever its data.
 */
export function parseFrame(text: string): RequestFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { request, id, method, data } = value as Record<string, unknown>;
  if (request !== true || typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  if (typeof method !== 'string') return undefined;
  return { request, id, method, data: data ?? {} };
}
