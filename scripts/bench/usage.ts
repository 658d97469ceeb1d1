import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports processor time to programs in hundredths of a second (USER_HZ), on every machine. */
const TICKS_PER_SECOND = 100;

/** What processes have used so far: the one that was named, and its children (the media workers). */
export interface Usage {
  /** Seconds, utime + stime. */
  readonly cpu: { readonly own: number; readonly children: number };
  /** Bytes in memory. */
  readonly memory: { readonly own: number; readonly children: number };
}

export function usageOf(pid: number): Usage {
  const children = childrenOf(pid);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    cpu: { own: cpuSeconds(pid), children: sum(children.map(cpuSeconds)) },
    memory: { own: residentBytes(pid), children: sum(children.map(residentBytes)) },
  };
}

/** Seconds of processor time between two readings. */
export function cpuBetween(before: Usage, after: Usage): { own: number; children: number; all: number } {
  const own = after.cpu.own - before.cpu.own;
  const children = after.cpu.children - before.cpu.children;
  return { own, children, all: own + children };
}

/** See proc_pid_stat(5): the second field is a name that may hold anything, so counting begins after it. */
function statFields(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? NaN) * 1024;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(statFields(name)[1]) === pid;
      } catch {
        // It ended between the two looks.
        return false;
      }
    })
    .map(Number);
}
