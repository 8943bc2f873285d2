// <copy-text value="…"><button>Copy</button></copy-text>: copies, and says so for two seconds.
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy())
  }

  async copy() {
    await navigator.clipboard.writeText(this.getAttribute("value"))
    const text = this.querySelector(".text") ?? this.querySelector("button")
    const before = text.textContent
    text.textContent = "Copied"
    setTimeout(() => { text.textContent = before }, 2000)
  }
})
