import { mount, unmount } from 'svelte';
import type { Self } from '#protocol/account';
import App from './App.svelte';

/** Opens the app for a signed-in account; `onLeave` is called once it is closed again. */
export function openApp(target: HTMLElement, account: Self, onLeave: (ended: boolean) => void): void {
  const app = mount(App, {
    target,
    props: {
      account,
      onleave: (ended: boolean) => {
        void unmount(app);
        onLeave(ended);
      },
    },
  });
}
