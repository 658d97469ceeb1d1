import { readFileSync } from 'node:fs';

/** When a process started, in clock ticks since the machine did; undefined where none of this id runs. */
export function startTime(id: number): string | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field, the program's name, may have anything in it, and ends with the last bracket. See proc(5).
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // A zombie waits only for its parent to hear of its end, and some parents never listen.
  return state === 'Z' || state === 'X' ? undefined : fields[22 - 4];
}
