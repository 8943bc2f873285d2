// <mail-preview data-src>: the framed letter for the chosen contact, wide, narrow or as plain text; anew after each save.
customElements.define("mail-preview", class extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe")
    this.addEventListener("click", (event) => this.press(event.target.closest("[data-width]")))
    this.addEventListener("change", (event) => event.target.matches("select") && this.load())
    this.addEventListener("htmx:afterSettle", () => this.load())
    this.controller = new AbortController()
    document.addEventListener("campaign-saved", () => this.load(), { signal: this.controller.signal })
  }

  disconnectedCallback() {
    this.controller.abort()
  }

  press(button) {
    if (!button) return
    for (const one of this.querySelectorAll("[data-width]")) one.ariaPressed = String(one === button)
    this.dataset.show = button.dataset.width
    this.load()
  }

  load() {
    const query = new URLSearchParams({ contact: this.querySelector("#preview-people").value })
    const variant = this.querySelector("[name=variant]")
    if (variant) query.set("variant", variant.value)
    if (this.dataset.show === "text") query.set("part", "text")
    this.frame.src = `${this.dataset.src}?${query}`
  }
})
