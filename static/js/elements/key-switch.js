// <key-switch>: turns the single-key shortcuts off and on; this browser remembers it.
import { keysAreOn } from "@/keyboard"

customElements.define("key-switch", class extends HTMLElement {
  connectedCallback() {
    const box = this.querySelector("input")
    box.checked = keysAreOn()
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"))
  }
})
