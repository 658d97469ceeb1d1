import { devicesPossible } from './devices.ts';
import { load, save } from './storage.ts';
import { reportMistake } from './mistakes.ts';

/** What a speaker is chosen for; each is remembered on this device. */
export type SpeakerUse = 'ringing' | 'calls';

export interface Speaker {
  id: string;
  /** Empty until the browser trusts the page with the names of devices. */
  label: string;
}

/** The system's own choice. */
export const DEFAULT_SPEAKER = '';

/** An audio context that can choose its output; not every browser has it, nor every type. */
interface Steerable {
  setSinkId?: (id: string) => Promise<void>;
}

/** Whether this browser lets a page choose where its sound goes. */
export function canChooseSpeaker(): boolean {
  return devicesPossible() && 'setSinkId' in HTMLMediaElement.prototype;
}

export async function listSpeakers(): Promise<Speaker[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === 'audiooutput' && deviceId !== '' && deviceId !== 'default')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

export function chosenSpeaker(use: SpeakerUse): string {
  const id = load(`speaker:${use}`);
  return typeof id === 'string' ? id : DEFAULT_SPEAKER;
}

export function chooseSpeaker(use: SpeakerUse, id: string): void {
  save(`speaker:${use}`, id);
}

/** Sends an element's sound to a speaker; one that is gone leaves it where it is. */
export function playOn(element: HTMLMediaElement, speaker: string): void {
  if (!canChooseSpeaker() || element.sinkId === speaker) return;
  element.setSinkId(speaker).catch(reportMistake);
}

/** What a context's sound is to be connected to, so that it comes out of a speaker. */
export function outputOf(context: AudioContext, speaker: string): AudioNode {
  const steerable = context as Steerable;
  if (speaker === DEFAULT_SPEAKER || !canChooseSpeaker()) return context.destination;
  if (steerable.setSinkId) {
    steerable.setSinkId(speaker).catch(reportMistake);
    return context.destination;
  }
  // Firefox steers elements, but no contexts.
  const output = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = output.stream;
  playOn(element, speaker);
  element.play().catch(reportMistake);
  return output;
}
