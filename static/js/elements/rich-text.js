// <rich-text>: an editor over its textarea; the buttons of its toolbar name commands (data-do) and marks.
import { openEditor, withScheme } from "@/editor"

customElements.define("rich-text", class extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("textarea")
    this.dialog = this.querySelector("dialog")
    this.href = this.dialog.querySelector("input")
    const element = document.createElement("div")
    this.field.before(element)
    this.field.hidden = true
    this.editor = openEditor({
      element,
      content: this.field.value,
      label: this.querySelector("label").id,
      onChange: (html) => this.keep(html),
      onMove: (editor) => this.show(editor),
      onLinkKey: () => this.askForLink(),
    })
    this.addEventListener("click", (event) => event.target.closest("button") && this.press(event.target.closest("button")))
    this.href.addEventListener("keydown", (event) => event.key === "Enter" && this.setLink(event))
    this.querySelector("label").addEventListener("click", () => this.editor.commands.focus())
  }

  keep(html) {
    this.field.value = html
    this.field.dispatchEvent(new Event("input", { bubbles: true }))
  }

  show(editor) {
    for (const button of this.querySelectorAll("[data-mark]")) {
      const { mark, level } = button.dataset
      button.ariaPressed = String(editor.isActive(mark, level ? { level: Number(level) } : {}))
    }
  }

  press(button) {
    const { do: command, insert, level } = button.dataset
    if (command) this.editor.chain().focus()[command](level ? { level: Number(level) } : undefined).run()
    if (insert) this.editor.chain().focus().insertContent({ type: "text", text: insert }).run()
    if (insert) button.closest("[popover]").hidePopover()
    if ("link" in button.dataset) this.askForLink()
    if ("linkSet" in button.dataset) this.setLink()
    if ("linkRemove" in button.dataset) this.setLink(null, "")
  }

  askForLink() {
    this.href.value = this.editor.getAttributes("link").href ?? ""
    this.dialog.showModal()
    return true
  }

  setLink(event, typed = this.href.value.trim()) {
    event?.preventDefault()
    this.dialog.close()
    const chain = this.editor.chain().focus().extendMarkRange("link")
    if (!typed) return chain.unsetLink().run()
    const href = withScheme(typed)
    if (!this.editor.state.selection.empty || this.editor.isActive("link")) return chain.setLink({ href }).run()
    chain.insertContent({ type: "text", text: typed, marks: [{ type: "link", attrs: { href } }] }).run()
  }
})
