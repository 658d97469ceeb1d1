import type { DtlsParameters, IceParameters, Produced } from '#protocol/media';
import type { JoinedMedia, JoinMedia, Media, MediaEvent, Place, ProduceTrack } from '../calls/ports.ts';
import type { Logger } from '../logger.ts';
import { notJoined, type Participant } from './participant.ts';
import type { Announce } from './present.ts';
import { Room } from './room.ts';
import type { MediaWorker, MediaWorkers } from './workers.ts';

interface Collaborators {
  workers: MediaWorkers;
  announce: Announce;
  /** Resolves when it is certain which addresses are announced. */
  announceSettled: () => Promise<void>;
  logger: Logger;
}

/** The rooms on this machine's workers. A room is made for its first participant. */
export class MediaRooms implements Media {
  readonly #deps: Collaborators;
  readonly #rooms = new Map<string, Room>();
  readonly #listeners: ((event: MediaEvent) => void)[] = [];

  constructor(collaborators: Collaborators) {
    this.#deps = collaborators;
    collaborators.workers.onDied((worker) => this.#lose(worker));
  }

  onEvent(listener: (event: MediaEvent) => void): void {
    this.#listeners.push(listener);
  }

  async join({ roomId, participantId }: Place, join: JoinMedia): Promise<JoinedMedia> {
    const room = this.#rooms.get(roomId) ?? this.#open(roomId);
    return room.join(participantId, join);
  }

  async activate(place: Place): Promise<void> {
    await this.#at(place).activate();
  }

  async leave({ roomId, participantId }: Place): Promise<void> {
    this.#rooms.get(roomId)?.leave(participantId);
    return Promise.resolve();
  }

  async close(roomId: string): Promise<void> {
    const room = this.#rooms.get(roomId);
    this.#rooms.delete(roomId);
    room?.close();
    return Promise.resolve();
  }

  async connectTransport(place: Place, transportId: string, parameters: DtlsParameters): Promise<void> {
    await this.#at(place).connectTransport(transportId, parameters);
  }

  async restartIce(place: Place, transportId: string): Promise<IceParameters> {
    await this.#deps.announceSettled();
    return this.#at(place).restartIce(transportId);
  }

  async produce(place: Place, track: ProduceTrack): Promise<Produced> {
    const participant = this.#at(place);
    const producer = await participant.produce(track);
    await this.#rooms.get(place.roomId)?.offer(participant, producer);
    return { producerId: producer.id };
  }

  async pauseProducer(place: Place, producerId: string, paused: boolean): Promise<void> {
    await this.#at(place).pauseProducer(producerId, paused);
  }

  async resumeConsumers(place: Place, consumerIds: readonly string[]): Promise<void> {
    await this.#at(place).resumeConsumers(consumerIds);
  }

  async refresh(place: Place): Promise<boolean> {
    const participant = this.#find(place);
    participant?.refresh();
    return Promise.resolve(participant !== undefined);
  }

  /** Everyone in every room, for measurements. */
  participants(): Participant[] {
    return [...this.#rooms.values()].flatMap((room) => room.participants);
  }

  /** How many transports are connected, by the way that media takes. */
  countTransports(): Record<'udp' | 'tcp' | 'relayed', number> {
    const counts = { udp: 0, tcp: 0, relayed: 0 };
    for (const participant of this.participants()) {
      for (const { protocol } of participant.paths()) counts[protocol] += 1;
    }
    return counts;
  }

  /** @throws {AppError} `not_joined`. */
  #at(place: Place): Participant {
    const participant = this.#find(place);
    if (participant === undefined) throw notJoined();
    return participant;
  }

  #find({ roomId, participantId }: Place): Participant | undefined {
    return this.#rooms.get(roomId)?.participant(participantId);
  }

  #open(roomId: string): Room {
    const { workers, announce, announceSettled, logger } = this.#deps;
    const room = new Room({
      id: roomId,
      worker: workers.leastLoaded(),
      relayedAddress: workers.relayedAddress,
      announce,
      announceSettled,
      emit: (event) => this.#emit(event),
      logger,
    });
    this.#rooms.set(roomId, room);
    room.failed.catch((error: unknown) => {
      logger.error({ roomId, err: error }, 'a router could not be made');
      if (this.#rooms.get(roomId) === room) void this.close(roomId);
    });
    return room;
  }

  #lose(worker: MediaWorker): void {
    for (const [roomId, room] of [...this.#rooms]) {
      if (room.worker !== worker) continue;
      void this.close(roomId);
      this.#emit({ type: 'roomLost', roomId });
    }
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
