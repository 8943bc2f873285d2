// What a person reads when a passkey did not work; allauth's script only tells the console.
const reasons = {
  NotAllowedError: "It took too long, or you cancelled. Try again.",
  InvalidStateError: "This key is added already.",
  NotSupportedError: "This browser or key cannot do that. Try another key.",
  SecurityError: "Passkeys need https and a name in the address bar; on your own machine, localhost instead of 127.0.0.1.",
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault()
  const notice = document.querySelector("#passkey-notice").content.cloneNode(true)
  notice.querySelector(".what").textContent = reasons[event.detail.exception?.name] ?? "That did not work. Try again, or use your password."
  document.querySelector("#passkey-trouble").replaceChildren(notice)
})
