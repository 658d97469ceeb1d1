import { setTimeout as pause } from 'node:timers/promises';
import type { ElementHandle, Page } from 'puppeteer-core';
import { until } from './until.ts';

const DEFAULT_WAIT_MS = 15_000;
const PAGE_ANSWERS_WITHIN_MS = 2_000;
/** Then it is looked for anew: it may have been replaced by another. */
const STANDS_STILL_WITHIN_MS = 3_000;

/**
 * A page as its accessibility tree tells it: things are found by role and exact name, as a screen reader finds
 * them. So a test breaks when what people get breaks, and not when the markup changes.
 */
export class Screen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** How many there are now. */
  async count(role: string, name: string): Promise<number> {
    return (await this.page.$$(selector(role, name))).length;
  }

  async has(role: string, name: string): Promise<boolean> {
    return (await this.count(role, name)) > 0;
  }

  /** Waits for it. More than one of the same name is an error: a name stands once on a screen. */
  async find(role: string, name: string, timeoutMs = DEFAULT_WAIT_MS): Promise<ElementHandle> {
    const found = await this.wait(`the ${role} "${name}"`, timeoutMs, async () => {
      const list = await this.page.$$(selector(role, name));
      return list.length > 0 && list;
    });
    const [first] = found;
    if (found.length > 1 || !first) throw new Error(`there are ${found.length} of the ${role} "${name}"`);
    return first;
  }

  /** Waits until there is none. */
  async gone(role: string, name: string, timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    await this.wait(`the end of the ${role} "${name}"`, timeoutMs, async () => !(await this.has(role, name)));
  }

  /** Waits for it, and until it stands still, and clicks it. */
  async click(role: string, name: string, timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    const what = `to click the ${role} "${name}"`;
    const locator = this.page.locator(selector(role, name)).setTimeout(timeoutMs);
    await this.#act(what, () => until(what, async () => clickOn(await locator.waitHandle()), timeoutMs));
  }

  /** Writes into the text field of this name, in place of what stood there. */
  async fill(name: string, text: string, timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    const field = await this.wait(`the field "${name}"`, timeoutMs, () => this.#field(name));
    await this.#act(`to fill the field "${name}"`, () => field.asLocator().setTimeout(timeoutMs).fill(text));
  }

  /** Waits for it, and reads its text. */
  async textOf(role: string, name: string, timeoutMs = DEFAULT_WAIT_MS): Promise<string> {
    return spokenText(await this.find(role, name, timeoutMs));
  }

  /** The texts of all alerts, which is where errors are told. */
  async alerts(): Promise<string[]> {
    const alerts = await this.page.$$('::-p-aria([role="alert"])');
    return Promise.all(alerts.map(spokenText));
  }

  /** Waits until this stands somewhere on the page, whatever its role. */
  async sees(text: string, timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    await this.wait(`the text "${text}"`, timeoutMs, async () => (await this.shown()).includes(text));
  }

  /** A field for passwords has no role that all browsers agree on, and to some a label has its field's name. */
  async #field(name: string): Promise<ElementHandle | false> {
    for (const element of await this.page.$$(selector(undefined, name))) {
      if (await element.evaluate((node) => node.matches('input, textarea'))) return element;
    }
    return false;
  }

  /** Waits until the answer is not false; as `until`, but in vain it tells what the page shows. */
  async wait<T>(what: string, timeoutMs: number, ask: () => Promise<T | false>): Promise<T> {
    return this.#act(what, () => until(what, ask, timeoutMs));
  }

  /** What the page shows instead tells more about a failure than what is missing. */
  async #act<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      const silent = pause(PAGE_ANSWERS_WITHIN_MS, 'nothing: the page is gone');
      const shown = await Promise.race([this.shown(), silent]).catch(() => silent);
      throw new Error(`waited ${what.startsWith('to ') ? '' : 'for '}${what}; the page shows: ${shown}`, {
        cause,
      });
    }
  }

  /** All text that is shown now. */
  shown(): Promise<string> {
    return this.page.evaluate(() => document.body.innerText.replace(/\s+/g, ' '));
  }
}

/**
 * Clicks an element as soon as it stands still. Where it moves away at that very moment, as on a page that still fills,
 * what has come to its place is not clicked instead, and the answer is false.
 */
export async function clickOn(element: ElementHandle): Promise<boolean> {
  const aim = await element.evaluateHandle((node) => {
    const gesture = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
    const aim = { begun: false, hit: false, release: () => undefined };
    const guard = (event: Event) => {
      if (!event.isTrusted) return;
      if (event.type === gesture[0]) {
        const label = event.target instanceof Element ? event.target.closest('label') : null;
        aim.begun = event.composedPath().includes(node) || label?.control === node;
      }
      if (event.type === 'click' && aim.begun) aim.hit = true;
      if (aim.begun) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    for (const type of gesture) addEventListener(type, guard, true);
    aim.release = () => {
      for (const type of gesture) removeEventListener(type, guard, true);
      return undefined;
    };
    return aim;
  });
  const clicked = element.asLocator().setTimeout(STANDS_STILL_WITHIN_MS).click();
  const [{ status }] = await Promise.allSettled([clicked]);
  // A page that the click led away from has nobody left to ask.
  const hit = await aim
    .evaluate(async (aim, late) => {
      // A click that was sent before the time was up may be on its way through a busy page.
      for (let waits = 0; late && !aim.hit && waits < 20; waits++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      aim.release();
      return aim.hit;
    }, status === 'rejected')
    .catch(() => status === 'fulfilled');
  // On a busy machine the word that it was done may come too late; then it was done all the same.
  if (!hit) await clicked;
  return hit;
}

/** What a screen reader says of an element: its text without what is hidden from it. */
export function spokenText(element: ElementHandle): Promise<string> {
  return element.evaluate((node) => {
    const copy = node.cloneNode(true) as Element;
    for (const hidden of copy.querySelectorAll('[aria-hidden="true"], style')) hidden.remove();
    return (copy.textContent || '').replace(/\s+/g, ' ').trim();
  });
}

function selector(role: string | undefined, name: string): string {
  const quote = name.includes('"') ? "'" : '"';
  const named = `[name=${quote}${name}${quote}]`;
  return `::-p-aria(${role === undefined ? '' : `[role="${role}"]`}${named})`;
}
