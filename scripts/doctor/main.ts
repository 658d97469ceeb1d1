// npm run doctor: the server's half of the call doctor, on the command line. It changes nothing, and tells of
// everything that calls need whether it is there, and how to mend it. The exit code is 1 where something is broken.
import { ConfigError, loadConfig } from '../../config/load.ts';
import { checkAddresses, checkName } from './addresses.ts';
import { checkCertificate } from './certificate.ts';
import type { Check, Finding } from './finding.ts';
import { checkClock, checkDisk, checkTurnPrograms, checkWorker } from './machine.ts';
import { checkMediaPorts, checkPage, checkRelay } from './ports.ts';
import { checkRelayedPrograms } from './relayed-programs.ts';

const SIGNS: Record<Finding['state'], string> = { good: 'ok  ', doubt: 'look', broken: 'FAIL' };

const CHECKS: readonly Check[] = [
  checkAddresses,
  checkName,
  checkPage,
  checkMediaPorts,
  checkRelay,
  checkTurnPrograms,
  checkRelayedPrograms,
  checkCertificate,
  checkClock,
  checkDisk,
  checkWorker,
];

try {
  const config = loadConfig(process.env);
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    for (const finding of await check(config)) {
      findings.push(finding);
      console.log(`${SIGNS[finding.state]}  ${finding.subject}: ${finding.words}`);
    }
  }
  const broken = findings.filter(({ state }) => state === 'broken').length;
  console.log(broken ? `\n${broken} of ${findings.length} to mend.` : '\nNothing to mend on this side.');
  process.exitCode = broken ? 1 : 0;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`${SIGNS.broken}  settings: ${error.message}`);
  process.exitCode = 1;
}
