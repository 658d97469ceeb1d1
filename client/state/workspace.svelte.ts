import { createContext, untrack } from 'svelte';
import type { Conversation, Message } from '#protocol/chat';
import { RECONNECT_WITHIN } from '#protocol/limits';
import type { Snapshot } from '#protocol/methods';
import { loadPart, PartMissing } from '../lib/load-part.ts';
import { holdWhileInView } from '../lib/in-view.ts';
import { Signaling } from '../lib/signaling.ts';
import { forgetWords } from '../lib/kept.ts';
import { deviceId, tabId } from '../lib/storage.ts';
import { CallHistory } from './call-history.svelte.ts';
import { Calls, type RingOutcome } from './calls.svelte.ts';
import { Conversations } from './conversations.svelte.ts';
import { Outbox } from './outbox.svelte.ts';
import type { MessageAlerts } from './message-alerts.ts';
import { People } from './people.svelte.ts';
import { Permission } from './permission.svelte.ts';
import type { Router } from './router.svelte.ts';
import type { Session } from './session.svelte.ts';
import { Settings } from './settings.svelte.ts';
import { Toasts } from './toasts.svelte.ts';
import { reportMistake } from '../lib/mistakes.ts';

/** How long a server may be away that has said it restarts, in milliseconds. */
const RESTART_TAKES = 30_000;

/** The server's client when this page came from it; who signs in later is on the same page. */
let build: string | undefined;

export interface WorkspaceTexts {
  ringOver(outcome: RingOutcome, caller: string): string;
  settingsFailed: string;
  emailChanged(email: string): string;
  callsUnsupported: string;
}

/** All that a signed-in person works with, put together. Each part subscribes to the notices that are its own. */
export class Workspace {
  readonly session: Session;
  readonly router: Router;
  readonly toasts = new Toasts();
  readonly permission = new Permission();
  readonly people: People;
  readonly conversations: Conversations;
  readonly outbox: Outbox;
  readonly calls: Calls;
  readonly history: CallHistory;
  readonly settings: Settings;
  readonly #signaling: Signaling;
  readonly #accountId: string;
  #connected = $state(false);
  #everConnected = $state(false);
  #restarting = $state(false);
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  #clockAhead = $state(0);
  #epoch: string | undefined;
  /** As the server's last snapshot said; there is no call before the first. */
  #goesOnFor = RECONNECT_WITHIN;
  #outdated = false;
  /** Loaded with the first message that arrives out of view. */
  #alerts: MessageAlerts | null = null;
  readonly #stopHolding = holdWhileInView();
  /** The page is loaded anew by the app, not by the person. */
  #reloading = false;

  constructor(session: Session, router: Router, texts: WorkspaceTexts) {
    this.session = session;
    this.router = router;
    const tab = tabId();
    const selfId = session.account.id;
    this.#accountId = selfId;
    this.#signaling = new Signaling({
      device: deviceId(),
      tab,
      onConnected: (connected) => {
        this.#connected = connected;
        this.#everConnected ||= connected;
        if (!connected) this.calls.disconnected();
      },
      onSessionDoubt: () => void session.check(),
    });
    const signaling = this.#signaling;
    this.people = new People(signaling);
    this.conversations = new Conversations({ signaling, selfId, people: this.people });
    this.outbox = new Outbox(signaling, selfId, (message) => this.conversations.sent(message));
    this.history = new CallHistory(signaling, selfId);
    this.settings = new Settings(signaling, () => this.toasts.fault(texts.settingsFailed));
    this.calls = new Calls({
      signaling,
      selfId,
      tab,
      conversationWith: (peer) => this.conversations.idOf(peer.id),
      onRingOver: (outcome, caller) => this.toasts.tell(texts.ringOver(outcome, caller.username)),
      onUnsupported: () => this.toasts.fault(texts.callsUnsupported),
      onEnded: (call) => this.history.ended(call),
      now: () => this.now(),
      goesOnFor: () => this.#goesOnFor,
    });
    signaling.on({
      snapshot: (snapshot) => this.#fill(snapshot),
      selfChanged: ({ self }) => session.update(self),
      // It stays until it is closed: somebody else may have done it.
      emailChanged: ({ email }) => this.toasts.fault(texts.emailChanged(email)),
      message: ({ message, conversation }) => void this.#makeKnown(message, conversation),
      read: ({ conversationId }) => this.#alerts?.read(conversationId),
      restarting: () => this.#waitForNext(),
    });
    addEventListener('beforeunload', this.#askFirst);
    addEventListener('pagehide', this.#letGo);
    addEventListener('pageshow', this.#returned);
  }

  get signaling(): Signaling {
    return this.#signaling;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether there was a connection at all; before it, waiting is no disturbance. */
  get everConnected(): boolean {
    return this.#everConnected;
  }

  /** Whether the server has said that it restarts, and is not back yet. */
  get restarting(): boolean {
    return this.#restarting;
  }

  /** The time by the server's clock, in milliseconds. */
  now(): number {
    return Date.now() + this.#clockAhead;
  }

  /**
   * Loads what no notice keeps current: now or once there is a connection, and again whenever one is back, since
   * much may have changed meanwhile, or have been restored. Called by a component that is being made.
   */
  loadOnConnection(load: () => unknown): void {
    $effect(() => {
      if (this.#connected) untrack(load);
    });
  }

  /**
   * Loads a part of the page when it is needed. Where the server has another build by now, ours is gone: the page is loaded
   * anew, and calls go on there.
   */
  async part<T>(load: () => Promise<T>): Promise<T> {
    try {
      return await loadPart(load);
    } catch (error) {
      reportMistake(error);
      if (!this.#outdated || !(error instanceof PartMissing)) throw error;
      // The app itself does this, and the call goes on: there is nothing to ask.
      this.#reloading = true;
      location.reload();
      return new Promise(() => undefined);
    }
  }

  /** Signs out, and leaves nothing to be read on a computer that others use. */
  async signOut(): Promise<void> {
    await this.session.signOut();
    forgetWords(this.#accountId);
  }

  close(): void {
    removeEventListener('beforeunload', this.#askFirst);
    removeEventListener('pagehide', this.#letGo);
    removeEventListener('pageshow', this.#returned);
    this.#stopHolding();
    this.#alerts?.close();
    clearTimeout(this.#restartTimer);
    this.calls.close();
    this.people.close();
    this.#signaling.close();
  }

  /** A message of somebody else that arrives while the page is not in view. */
  async #makeKnown(message: Message, { people }: Conversation): Promise<void> {
    const sender = people.find(({ id }) => id === message.senderId);
    if (!sender || document.visibilityState === 'visible') return;
    try {
      const { MessageAlerts } = await loadPart(() => import('./message-alerts.ts'));
      this.#alerts ??= new MessageAlerts({
        settings: () => this.settings.calls,
        now: () => this.now(),
        onOpen: (accountId) => this.router.go({ name: 'conversation', accountId }),
      });
      await this.#alerts.arrived(message, sender);
    } catch (error) {
      // Without a connection, or with another build at the server, the message is in the list all the same.
      reportMistake(error);
    }
  }

  /** What is not back after a while is gone, and the words for that are others. */
  #waitForNext(): void {
    this.#restarting = true;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => (this.#restarting = false), RESTART_TAKES);
  }

  #fill(snapshot: Snapshot): void {
    this.#restarting = false;
    clearTimeout(this.#restartTimer);
    this.#clockAhead = snapshot.now - Date.now();
    build ??= snapshot.build;
    this.#outdated = snapshot.build !== build;
    if (snapshot.epoch !== this.#epoch) this.#forget();
    this.#epoch = snapshot.epoch;
    this.#goesOnFor = snapshot.goesOnFor;
    this.session.update(snapshot.self);
    this.people.fill(snapshot.people);
    this.conversations.fill(snapshot.conversations, snapshot.unread);
    this.calls.fill(snapshot.calls);
    this.history.fill(snapshot.missedCalls);
    void this.settings.load();
    this.outbox.resend();
  }

  /** The server's data were restored: what was told of others may never have been. What is unsent is ours, and stays. */
  #forget(): void {
    this.people.forget();
    this.conversations.forget();
    this.history.forget();
  }

  /** Closing the tab by mistake would leave the call. */
  readonly #askFirst = (event: BeforeUnloadEvent): void => {
    if (this.calls.busyHere && !this.#reloading) event.preventDefault();
  };

  /** No camera light without a page. */
  readonly #letGo = (): void => this.calls.close();

  /** A page that comes out of the back/forward cache has a dead connection and stopped devices. */
  readonly #returned = (event: PageTransitionEvent): void => {
    if (event.persisted) location.reload();
  };
}

const [get, set] = createContext<Workspace>();
export { get as getWorkspace, set as setWorkspace };
