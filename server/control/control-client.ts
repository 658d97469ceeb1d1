import { request } from 'node:http';
import { join } from 'node:path';

export interface ControlAnswer {
  /** As of HTTP. */
  readonly status: number;
  /** The method's answer, or an `ErrorBody`. */
  readonly body: unknown;
}

/** Where a server that runs on this data folder can be spoken to. */
export const controlPath = (folder: string) => join(folder, 'control.sock');

/** Has the server that runs on this data folder do something; undefined where none runs. */
export function askServer(folder: string, method: string, data: object): Promise<ControlAnswer | undefined> {
  return new Promise((resolve, reject) => {
    // A connection for each: one that is kept would be closed by the server now and then, under the next question.
    const asked = request({
      socketPath: controlPath(folder),
      path: `/${method}`,
      method: 'POST',
      agent: false,
    });
    asked.once('response', (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .once('error', reject)
        .once('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
    asked.end(JSON.stringify(data));
  });
}
