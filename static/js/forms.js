// A form with data-once is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target
  if (!form.matches("[data-once]") || event.defaultPrevented) return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = "yes"
  event.submitter?.setAttribute("data-busy", "")
})

function mayBeSentAgain(form) {
  delete form.dataset.sent
  for (const button of form.querySelectorAll("[data-busy]")) button.removeAttribute("data-busy")
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-once]")
  if (form) mayBeSentAgain(form)
})

// Back from the next page, the browser may show this one as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(mayBeSentAgain)
})

// What a page asks again by itself does not count as somebody being there (accounts/sessions.py).
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-By-Itself"] = "yes"
})

// A select or checkbox with data-submit sends its form at once (filters).
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit()
})

// After a refused form, start where the first error is.
document.querySelector("[aria-invalid=true]")?.focus()
