// <unsaved-guard>: asks before the page is left while typed text is not saved yet.
customElements.define("unsaved-guard", class extends HTMLElement {
  connectedCallback() {
    this.dirty = false
    this.controller = new AbortController()
    const { signal } = this.controller
    this.addEventListener("input", () => (this.dirty = true), { signal })
    this.addEventListener("submit", () => (this.dirty = false), { signal })
    document.addEventListener("campaign-saved", () => (this.dirty = false), { signal })
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault(), { signal })
  }

  disconnectedCallback() {
    this.controller.abort()
  }
})
