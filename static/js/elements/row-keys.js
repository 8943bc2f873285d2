// <row-keys>: j and k walk through the rows of a table by their main link; Enter then opens it as any link.
import { plainKey } from "@/keyboard"

customElements.define("row-keys", class extends HTMLElement {
  connectedCallback() {
    this.controller = new AbortController()
    this.observer = new ResizeObserver(() => this.allowScrolling())
    this.observer.observe(this)
    document.addEventListener("keydown", (event) => this.move(event), { signal: this.controller.signal })
  }

  disconnectedCallback() {
    this.controller.abort()
    this.observer.disconnect()
  }

  // What scrolls sideways must be reachable by keyboard.
  allowScrolling() {
    if (this.scrollWidth <= this.clientWidth) return this.removeAttribute("tabindex")
    Object.assign(this, { tabIndex: 0, role: "region", ariaLabel: "Table, scrolls sideways" })
  }

  move(event) {
    const step = { j: 1, k: -1 }[plainKey(event)]
    const links = [...this.querySelectorAll("tbody a.open")]
    if (!step || !links.length || this !== document.querySelector("row-keys")) return
    const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement))
    links[Math.min(Math.max(now + step, 0), links.length - 1)].focus()
  }
})
