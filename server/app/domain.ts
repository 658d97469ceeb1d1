import type { Config } from '../../config/load.ts';
import { AccountService } from '../accounts/account-service.ts';
import { KnownDevices } from '../accounts/known-devices.ts';
import { PasswordHasher } from '../accounts/password-hasher.ts';
import { Registration } from '../accounts/registration.ts';
import { SignInLimits } from '../accounts/sign-in-limits.ts';
import { AdminService } from '../admin/admin-service.ts';
import { DEADLINES, type Deadlines } from '../calls/call-events.ts';
import { CallHistory } from '../calls/call-history.ts';
import { CallMedia } from '../calls/call-media.ts';
import { CallService } from '../calls/call-service.ts';
import { Callees } from '../calls/callees.ts';
import { systemClock, type Media, type Tabs } from '../calls/ports.ts';
import { SettingsService } from '../calls/settings-service.ts';
import { ChatService } from '../chat/chat-service.ts';
import { SqlAccountRepository } from '../db/account-repository.ts';
import { SqlAdminDatabase } from '../db/admin-database.ts';
import { SqlCallRepository } from '../db/call-repository.ts';
import { SqlConversationRepository } from '../db/conversation-repository.ts';
import type { Database } from '../db/database.ts';
import { SqlInvitationRepository } from '../db/invitation-repository.ts';
import { SqlKnownDeviceRepository } from '../db/known-device-repository.ts';
import { SqlMessageRepository } from '../db/message-repository.ts';
import { SqlReportRepository } from '../db/report-repository.ts';
import { SqlServerStateRepository } from '../db/server-state-repository.ts';
import { SqlSessionRepository } from '../db/session-repository.ts';
import { SqlSettingsRepository } from '../db/settings-repository.ts';
import type { FactBus } from '../fact-bus.ts';
import type { Logger } from '../logger.ts';
import type { Notifier } from '../notifier.ts';
import { Blocks } from '../presence/blocks.ts';
import { Directory } from '../presence/directory.ts';
import { PeopleService } from '../presence/people-service.ts';
import { ReportService } from '../reports/report-service.ts';
import { SessionService } from '../sessions/session-service.ts';

interface Given {
  database: Database;
  facts: FactBus;
  media: Media;
  connections: Notifier & Tabs;
  deadlines: Partial<Deadlines> | undefined;
  logger: Logger;
}

export type Domain = Awaited<ReturnType<typeof composeDomain>>;

/** The services, on the repositories of one database. */
export async function composeDomain(config: Config, given: Given) {
  const { database, facts, media, connections, deadlines, logger } = given;
  const { RATE_LIMIT_FACTOR: rateLimitFactor, REGISTRATION, SESSION_DAYS } = config;
  const clock = systemClock;
  const accountRepository = new SqlAccountRepository(database);
  const callRepository = new SqlCallRepository(database);
  const settingsRepository = new SqlSettingsRepository(database);

  const people = new PeopleService({
    directory: new Directory(await accountRepository.listNames()),
    blocks: new Blocks(await settingsRepository.listBlocks()),
    notifier: connections,
  });
  const registration = new Registration({
    state: new SqlServerStateRepository(database),
    initial: REGISTRATION,
    invitations: new SqlInvitationRepository(database),
  });
  const hasher = new PasswordHasher();
  const sessions = new SessionService({
    sessions: new SqlSessionRepository(database),
    days: SESSION_DAYS,
    facts,
  });
  const devices = new KnownDevices({ devices: new SqlKnownDeviceRepository(database) });
  const limits = new SignInLimits({ factor: rateLimitFactor });
  const accounts = new AccountService({
    accounts: accountRepository,
    registration,
    hasher,
    devices,
    limits,
    facts,
  });
  const admin = new AdminService({
    database: new SqlAdminDatabase(database, REGISTRATION),
    hasher,
    facts,
    logger,
  });
  const chat = new ChatService({
    conversations: new SqlConversationRepository(database),
    messages: new SqlMessageRepository(database),
    people,
    facts,
  });
  const history = new CallHistory({ calls: callRepository, people, notifier: connections, facts, clock });
  const calls = new CallService({
    calls: callRepository,
    callees: new Callees({
      settings: settingsRepository,
      people,
      clock,
      rateLimitFactor,
    }),
    settings: settingsRepository,
    people,
    tabs: connections,
    facts,
    clock,
    deadlines: { ...DEADLINES, ...deadlines },
    logger,
  });
  return {
    accounts,
    registration,
    sessions,
    devices,
    admin,
    people,
    chat,
    calls,
    history,
    callMedia: new CallMedia({ media, calls, notifier: connections, facts, logger }),
    settings: new SettingsService({ settings: settingsRepository, people, calls, facts }),
    reports: new ReportService({ reports: new SqlReportRepository(database) }),
  };
}
