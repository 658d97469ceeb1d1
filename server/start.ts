import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { backupsFolder, type Config, mediaProtocols } from '../config/load.ts';
import { ControlSocket } from './control/control-socket.ts';
import { makeBackup } from './db/backup.ts';
import { type Database, NewerDatabaseError, openDatabase } from './db/database.ts';
import type { Logger } from './logger.ts';
import type { MediaObserver } from './media/observer.ts';
import { MediaWorkers } from './media/workers.ts';
import type { CertificateSource } from './reach/certificate.ts';
import { AcmeCertificate } from './reach/acme.ts';
import { CertificateFiles } from './reach/certificate-files.ts';
import { Relay } from './reach/relay.ts';
import { RELAYED_MEDIA_ADDRESS } from './reach/turn-configuration.ts';
import { mediaAddressFor } from './reach/turn-neighbour.ts';
import { makePrivate } from './private-folder.ts';
import { loadSecret } from './sessions/secret.ts';
import { StartError, startStep } from './start-error.ts';
import { commandLine, setUpRelay, setUpWorker } from './where-it-runs.ts';

// The steps of the start that may fail for the operator's reasons, each with the sentence that says how to mend it.

export async function openData(config: Config): Promise<{ database: Database; secret: string }> {
  const { DATA_DIR } = config;
  return startStep(
    async () => ({
      database: await openDatabase(DATA_DIR, { beforeUpgrade: () => backUpBeforeUpgrade(config) }),
      secret: loadSecret(DATA_DIR),
    }),
    (reason, code, error) => {
      if (error instanceof StartError) return reason;
      if (error instanceof NewerDatabaseError)
        return `The database in ${DATA_DIR} was written by a newer ChatAway (${reason}): start that version, or go back with "${commandLine('restore')}", which lists the backups.`;
      return /^(E|SQLITE_CANTOPEN|SQLITE_READONLY)/.test(code)
        ? unusable(DATA_DIR, reason)
        : `The database in ${DATA_DIR} cannot be opened: restore a backup, or start the version of ChatAway that wrote it (${reason}).`;
    },
  );
}

/** The way back from an upgrade: the older version knows this backup. */
function backUpBeforeUpgrade(config: Config): Promise<void> {
  const backups = backupsFolder(config);
  return startStep(
    async () => {
      const { folder } = await makeBackup({ folder: config.DATA_DIR, backups, reason: 'before-upgrade' });
      console.error(`The database is of an older version: it is kept in ${folder}, and upgraded.`);
    },
    (reason) => `Before the database is upgraded it is backed up to ${backups}, which failed: ${reason}`,
  );
}

/** Before anything else opens the data folder: two servers in one would undo each other's work. */
export function openControl({ DATA_DIR }: Config, logger: Logger): Promise<ControlSocket> {
  return startStep(
    () => {
      if (makePrivate(DATA_DIR, ['acme', 'backups']))
        logger.warn(
          { folder: DATA_DIR },
          'other users could enter the data folder; it is closed to them now',
        );
      return ControlSocket.open({ folder: DATA_DIR, logger });
    },
    (reason, code, error) => {
      if (error instanceof StartError) return reason;
      if (code === 'EADDRINUSE')
        return `Another ChatAway uses the data folder ${DATA_DIR}: stop that one, or set DATA_DIR to another folder.`;
      if (code === 'EINVAL' || code === 'ENAMETOOLONG')
        return `The data folder ${DATA_DIR} has too long a path for a socket: set DATA_DIR to one of at most 90 characters.`;
      return unusable(DATA_DIR, reason);
    },
  );
}

/** Undefined on plain HTTP. */
export async function openCertificates(
  { TLS_CERT, TLS_KEY, ACME, ACME_EMAIL, ACME_DIRECTORY, ACME_CA, PUBLIC_URL, DATA_DIR }: Config,
  logger: Logger,
): Promise<CertificateSource | undefined> {
  if (ACME === 'on' && PUBLIC_URL) {
    return new AcmeCertificate({
      domain: PUBLIC_URL.hostname,
      directoryUrl: ACME_DIRECTORY,
      folder: join(DATA_DIR, 'acme'),
      logger,
      ...(ACME_EMAIL !== undefined && { email: ACME_EMAIL }),
      ...(ACME_CA !== undefined && { ca: ACME_CA }),
    });
  }
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return startStep(
    () => new CertificateFiles({ certFile: TLS_CERT, keyFile: TLS_KEY, logger }),
    (reason) =>
      `TLS_CERT (${TLS_CERT}) and TLS_KEY (${TLS_KEY}) must name a certificate and its key, in PEM: ${reason}.`,
  );
}

/** Where the relay finds the media; undefined where there is none. */
export async function relayedAddressOf({ TURN, TURN_HOST }: Config): Promise<string | undefined> {
  if (TURN === 'off') return undefined;
  if (TURN_HOST === undefined) return RELAYED_MEDIA_ADDRESS;
  return startStep(
    () => mediaAddressFor(TURN_HOST),
    (reason) =>
      `No network of this machine leads to TURN_HOST (${TURN_HOST}): connect both to one, or correct it (${reason}).`,
  );
}

export function startWorkers(
  config: Config,
  common: { relayedAddress: string | undefined; observer: MediaObserver; logger: Logger },
): Promise<MediaWorkers> {
  const { MEDIA_WORKERS, MEDIA_PORT } = config;
  const protocols = mediaProtocols(config);
  return startStep(
    () => MediaWorkers.start({ count: MEDIA_WORKERS, firstPort: MEDIA_PORT, protocols, ...common }),
    (reason) =>
      reason.includes('address already in use')
        ? `A media port from ${MEDIA_PORT} to ${MEDIA_PORT + MEDIA_WORKERS - 1} is taken, UDP or TCP: stop the other program, or set MEDIA_PORT.`
        : `The media worker does not start: ${setUpWorker}, or set MEDIASOUP_WORKER_BIN to one that works (${reason}).`,
  );
}

interface RelayPlace {
  relayedAddress: string | undefined;
  overTls: boolean;
  tlsPort: () => number;
  sweepEvery: number | undefined;
  logger: Logger;
}

/** Undefined where no relay is wanted. */
export async function startRelay(
  { TURN_HOST, TURN_PORT, TURN_SECRET, TURN_DIR, PUBLIC_URL, DATA_DIR }: Config,
  { relayedAddress, overTls, tlsPort, sweepEvery, logger }: RelayPlace,
): Promise<Relay | undefined> {
  if (relayedAddress === undefined) return undefined;
  return startStep(
    () =>
      Relay.start({
        folder: TURN_DIR ?? DATA_DIR,
        port: TURN_PORT,
        neighbour: TURN_HOST === undefined ? undefined : { host: TURN_HOST, mediaAddress: relayedAddress },
        secrets: TURN_SECRET,
        overTls,
        publicName: PUBLIC_URL?.hostname,
        tlsPort,
        sweepEvery,
        logger,
      }),
    (reason, code) => {
      if (TURN_DIR !== undefined)
        return `The relay's configuration cannot be written: set TURN_DIR to a folder that this user may write to (${reason}).`;
      if (code === 'EADDRINUSE')
        return `Port ${TURN_PORT} is taken by another program, perhaps by a coturn of the system's: stop that one, or set TURN_PORT.`;
      if (code === 'ENOENT') return `TURN=on needs coturn and setpriv: ${setUpRelay}.`;
      return `The relay does not start: ${reason}.`;
    },
  );
}

export function listen(server: Server, { HOST, PORT }: Config): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: PORT, ...(HOST !== undefined && { host: HOST }) }, resolve);
  });
  return startStep(
    () => listening,
    (reason, code) => {
      if (code === 'EADDRINUSE')
        return `Port ${PORT} is taken by another program: stop that one, or set PORT to another number.`;
      if (code === 'EACCES')
        return `Port ${PORT} may not be used by this user: allow it with "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${PORT}", or set PORT to 1024 or more.`;
      return `Nobody can connect to ${HOST ?? 'this machine'}: set HOST to an address that this machine has, or leave it out (${reason}).`;
    },
  );
}

/** The port of a server that listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const unusable = (folder: string, reason: string) =>
  `The data folder ${folder} cannot be used: set DATA_DIR to a folder that this user may write to (${reason}).`;
