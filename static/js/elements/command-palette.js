// <command-palette>: a combobox over the places, sites and actions that the page lists in it.
customElements.define("command-palette", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("[role=combobox]")
    this.list = this.querySelector("[role=listbox]")
    this.addActions()
    this.options = [...this.list.children].map((option, index) => Object.assign(option, { id: `palette-${index}` }))
    this.input.addEventListener("input", () => this.filter())
    this.input.addEventListener("keydown", (event) => this.move(event))
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]")))
    this.closest("dialog").addEventListener("close", () => { this.input.value = ""; this.filter() })
    this.filter()
  }

  addActions() {
    const places = [...this.list.children]
    for (const link of document.querySelectorAll(".head .actions :is(a, button)")) {
      const text = (link.querySelector(".text") ?? link).textContent.trim()
      if (!text) continue
      const option = this.querySelector("template").content.firstElementChild.cloneNode(true)
      option.querySelector(".text").textContent = text
      option.press = link
      places.find((place) => place.querySelector(".text").textContent === text)?.remove()
      this.list.prepend(option)
    }
  }

  filter() {
    const words = this.input.value.trim().toLowerCase().split(/\s+/)
    for (const option of this.options) {
      if (option.dataset.search) this.offerSearch(option)
      else option.hidden = !words.every((word) => option.textContent.toLowerCase().includes(word))
    }
    this.shown = this.options.filter((option) => !option.hidden)
    this.querySelector(".nothing").hidden = this.shown.length > 0
    this.select(this.shown[0])
  }

  offerSearch(option) {
    option.hidden = !this.input.value.trim()
    option.querySelector(".typed").textContent = this.input.value.trim()
    option.dataset.href = option.dataset.search + encodeURIComponent(this.input.value.trim())
  }

  select(option) {
    for (const other of this.options) other.setAttribute("aria-selected", other === option)
    this.input.setAttribute("aria-activedescendant", option?.id ?? "")
    option?.scrollIntoView({ block: "nearest" })
    this.selected = option
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step && event.key !== "Enter") return
    event.preventDefault()
    if (!step) this.go(this.selected)
    else if (this.shown.length) this.select(this.shown.at((this.shown.indexOf(this.selected) + step) % this.shown.length))
  }

  go(option) {
    if (!option) return
    this.closest("dialog").close()
    if (option.press) option.press.click()
    else location.assign(option.dataset.href)
  }
})
