// What every page loads: keys, forms that are sent once, and the custom elements.
import "@/keyboard"
import "@/forms"
import "@/elements/command-palette"
import "@/elements/copy-text"
import "@/elements/drop-file"
import "@/elements/key-switch"
import "@/elements/local-time"
import "@/elements/row-keys"
