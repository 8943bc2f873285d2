// <drop-file>: shows that a file may be dropped on the input inside; data-limit (bytes) is told before the upload.
customElements.define("drop-file", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]")
    for (const name of ["dragenter", "dragover"]) this.addEventListener(name, () => this.toggleAttribute("data-over", true))
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, () => this.removeAttribute("data-over"))
    this.input.addEventListener("change", () => this.check())
  }

  check() {
    const limit = Number(this.dataset.limit)
    const size = this.input.files[0]?.size ?? 0
    const megabytes = Math.floor(limit / 2 ** 20)
    this.input.setCustomValidity(limit && size > limit ? `This file is larger than ${megabytes} MB. Choose a smaller one.` : "")
    this.input.reportValidity()
  }
})
