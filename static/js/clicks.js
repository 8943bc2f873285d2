// Links that a visitor follows on our own public pages; loaded only for those who agreed to it.
const door = document.querySelector('meta[name="visits"]').content;

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[href]");
  if (!link || !/^https?:$/.test(link.protocol)) return;
  const facts = { p: location.origin + location.pathname, l: link.origin + link.pathname };
  navigator.sendBeacon(door, JSON.stringify(facts));
}, { capture: true });
