// A control with data-key="n" is pressed by that key, unless somebody types or a dialog is open.
// With data-wants="reasons note" the key leads to those fields of its form while all are empty.
const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")
const shown = (element) => element.checkVisibility()

export const keysAreOn = () => localStorage.getItem("keys") !== "off"

export function plainKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return ""
  if (!keysAreOn() || typing(event.target) || document.querySelector("dialog[open], .menu:popover-open")) return ""
  return event.key
}

function firstOfUnsaid(control) {
  const names = (control.dataset.wants ?? "").split(" ")
  const fields = [...(control.form?.elements ?? [])].filter((field) => names.includes(field.name))
  const isSaid = (field) => (field.type === "checkbox" ? field.checked : field.value.trim())
  return fields.some(isSaid) ? undefined : fields[0]
}

document.addEventListener("keydown", (event) => {
  const key = plainKey(event)
  if (!key) return
  const controls = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === key)
  const control = controls.find(shown) ?? controls.find((one) => one.hasAttribute("commandfor"))
  if (!control) return
  event.preventDefault()
  const unsaid = firstOfUnsaid(control)
  if (unsaid) unsaid.focus()
  else control.click()
})

// Browsers that do not know command="show-modal" yet.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]")
    const dialog = button && document.getElementById(button.getAttribute("commandfor"))
    if (button?.getAttribute("command") === "show-modal") dialog?.showModal()
    if (button?.getAttribute("command") === "close") dialog?.close()
  })
}
