// <local-time kind="ago"><time datetime="…">…</time></local-time>: the server's UTC in the reader's words and zone.
const HOUR = 3600, DAY = 86400
const formats = {
  date: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
}
const shape = (kind) => new Intl.DateTimeFormat("en-GB", formats[kind] ?? formats.moment)
const words = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" })

function ago(moment) {
  const seconds = (moment - Date.now()) / 1000
  const size = Math.abs(seconds)
  if (size < 60) return "just now"
  if (size < HOUR) return words.format(Math.round(seconds / 60), "minute")
  if (size < DAY) return words.format(Math.round(seconds / HOUR), "hour")
  return size < 14 * DAY ? words.format(Math.round(seconds / DAY), "day") : shape("date").format(moment)
}

customElements.define("local-time", class extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time")
    const moment = new Date(time.dateTime)
    const kind = this.getAttribute("kind")
    time.title = shape("moment").format(moment)
    time.textContent = kind === "ago" ? ago(moment) : shape(kind).format(moment)
  }
})
