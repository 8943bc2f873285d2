// Counts page views and followed links for those who agree; for any web page, see docs/visitors.md.
// <script defer src="https://HOST/p/SITE/visit.js" data-consent="ask" data-policy="/privacy"></script>
(() => {
  const tag = document.currentScript;
  if (!tag || window.visits) return;
  const door = tag.src.replace(/visit\.js.*$/, "visit");
  const cookie = "v", days = 180, form = /^[\w-]{22}\.sp?$/;
  const refuses = () => navigator.globalPrivacyControl === true;
  const chosen = () => (document.cookie.match(/(?:^|; )v=([^;]*)/) || [])[1] || "";
  const counted = () => !refuses() && form.test(chosen());

  const keep = (value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${cookie}=${value}; Path=/; Max-Age=${days * 86400}; SameSite=Lax${secure}`;
  };

  const tell = (facts) => {
    if (!counted()) return false;
    const body = JSON.stringify({ v: chosen(), p: location.origin + location.pathname, ...facts });
    if (navigator.sendBeacon && navigator.sendBeacon(door, body)) return true;
    fetch(door, { method: "POST", body, keepalive: true, credentials: "omit", mode: "cors" }).catch(() => {});
    return true;
  };

  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").slice(0, 22);
  };

  const accept = (personalise = false) => {
    if (refuses()) return;
    const known = form.test(chosen()) ? chosen().slice(0, 22) : random();
    keep(`${known}.s${personalise ? "p" : ""}`);
    tell({});
  };
  const reject = () => {
    tell({ gone: 1 });
    keep("no");
  };

  const ask = () => {
    if (refuses() || document.getElementById("visits-ask")) return;
    const bar = document.createElement("div");
    bar.id = "visits-ask";
    bar.setAttribute("role", "region");
    bar.setAttribute("aria-label", "Cookies");
    bar.style.cssText = "position:fixed;inset:auto 0 0;z-index:2147483647;display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;justify-content:center;padding:12px 16px;font:14px/1.5 system-ui,sans-serif;color:#1b1f1e;background:#fff;border-top:1px solid #c9cfcc";
    const words = document.createElement("span");
    words.textContent = tag.dataset.words || "May we count which pages and links you use, with a cookie of our own? ";
    bar.append(words);
    if (tag.dataset.policy) {
      const link = document.createElement("a");
      link.href = tag.dataset.policy;
      link.textContent = "More about it";
      link.style.color = "inherit";
      words.append(link);
    }
    for (const [label, act] of [["Reject", reject], ["Accept", () => accept()]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.style.cssText = "min-width:96px;min-height:36px;padding:6px 16px;font:inherit;font-weight:600;color:#1b1f1e;background:#f1f3f2;border:1px solid #6f7a76;border-radius:6px;cursor:pointer";
      button.addEventListener("click", () => { act(); bar.remove(); });
      bar.append(button);
    }
    document.body.append(bar);
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("[data-visits=ask]")) ask();
    const link = target.closest("a[href]");
    if (link && /^https?:$/.test(link.protocol)) tell({ l: link.origin + link.pathname });
  }, { capture: true });

  // for a consent tool of the page's own, and for pages that change without loading
  window.visits = { accept, reject, view: () => tell({}), get chosen() { return refuses() ? "no" : chosen(); } };
  const start = () => {
    if (!tell({}) && !chosen() && !refuses() && (tag.dataset.consent || "ask") === "ask") ask();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
