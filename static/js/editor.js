// The rich-text editor of campaigns: what it can do, without any inline style (the policy refuses those).
import {
  Blockquote, Bold, BulletList, Document, Dropcursor, Editor, Gapcursor, HardBreak, Heading, History,
  HorizontalRule, Italic, Link, ListItem, OrderedList, Paragraph, Placeholder, Text,
} from "django-prose-editor/editor"

const isEmpty = (html) => /^<(\w+)[^>]*><\/\1>$/.test(html)

export function openEditor({ element, content, label, onChange, onMove, onLinkKey }) {
  return new Editor({
    element,
    content,
    injectCSS: false,
    extensions: [
      Document, Paragraph, Text, Bold, Italic, Heading.configure({ levels: [1, 2, 3] }), BulletList, OrderedList, ListItem,
      Blockquote, HorizontalRule, HardBreak, History, Dropcursor, Gapcursor,
      Link.configure({ defaultProtocol: "https" }).extend({ addKeyboardShortcuts: () => ({ "Mod-k": onLinkKey }) }),
      Placeholder.configure({ placeholder: "Write to your readers" }),
    ],
    editorProps: { attributes: { class: "prose", id: "body-editor", role: "textbox", "aria-multiline": "true", "aria-labelledby": label } },
    onUpdate: ({ editor }) => onChange(isEmpty(editor.getHTML()) ? "" : editor.getHTML()),
    onTransaction: ({ editor }) => onMove(editor),
  })
}

export function withScheme(href) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href
  return href.includes("@") ? `mailto:${href}` : `https://${href}`
}
