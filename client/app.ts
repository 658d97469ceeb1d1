import { mount, unmount } from 'svelte';
import type { Self } from '#protocol/account';
import App from './App.svelte';
import type { OnOver, SessionOver } from './state/session.svelte.ts';

/** Opens the app for a signed-in account; `onLeave` is called once it is closed again. */
export function openApp(target: HTMLElement, account: Self, onLeave: OnOver): void {
  const app = mount(App, {
    target,
    props: {
      account,
      onleave: (why: SessionOver) => {
        void unmount(app);
        onLeave(why);
      },
    },
  });
}
