// The sample on the home page: what is written on one side arrives on the other, inside this page alone.
import { createElement as h, useEffect, useRef, useState } from "react";

function Card({ text, isNew, onDelete }) {
  return h(
    "li",
    { className: isNew ? "card arrive p-5" : "card p-5" },
    h("p", { className: "message-text", dir: "auto" }, text),
    h(
      "div",
      { className: "mt-3 flex items-center justify-between gap-4" },
      h("span", { className: "pill" }, "Sample"),
      h("button", { type: "button", className: "button button-bare", onClick: onDelete }, "Delete"),
    ),
  );
}

/** A send page and an inbox side by side. */
export function LiveSample({ samples, most }) {
  const [messages, setMessages] = useState(() => samples.map((text, id) => ({ id, text, isNew: false })));
  const [said, setSaid] = useState("");
  const [isLive, setIsLive] = useState(false);
  useEffect(() => setIsLive(true), []);
  const field = useRef(null);
  const next = useRef(samples.length);
  const heading = useRef(null);

  const send = (event) => {
    event.preventDefault();
    const text = Array.from(field.current.value.trim()).slice(0, most).join("");
    if (!text) {
      setSaid("Write a message first");
      field.current.focus();
      return;
    }
    setMessages((before) => [{ id: next.current++, text, isNew: true }, ...before]);
    setSaid("It arrived.");
    field.current.value = "";
  };
  const remove = (id) => {
    setMessages((before) => before.filter((message) => message.id !== id));
    setSaid("Message deleted");
    heading.current.focus();
  };

  return h(
    "div",
    { className: "mt-6 grid gap-6 md:grid-cols-2 md:gap-10" },
    h(
      "div",
      null,
      h("h3", { className: "mb-3 font-semibold" }, "What a sender sees"),
      h(
        "form",
        { className: "card grid gap-4 p-5", onSubmit: send, noValidate: true },
        h(
          "div",
          { className: "grid gap-1.5" },
          h("label", { htmlFor: "sample", className: "font-semibold" }, "A sample message"),
          h("textarea", {
            id: "sample",
            ref: field,
            rows: 4,
            maxLength: most,
            dir: "auto",
            className: "input",
            placeholder: "Write what you really think.",
            "aria-describedby": "sample-said",
          }),
        ),
        h("button", { type: "submit", disabled: !isLive, className: "button button-quiet w-full" }, "Try sending it"),
        h("noscript", null, h("p", { className: "hint" }, "This sample needs JavaScript. Sending a message does not.")),
        h("p", { id: "sample-said", role: "status", className: "hint min-h-5" }, said),
      ),
    ),
    h(
      "div",
      null,
      h("h3", { className: "mb-3 font-semibold", tabIndex: -1, ref: heading }, "What you see"),
      h(
        "ul",
        { className: "grid gap-4" },
        messages.map(({ id, text, isNew }) => h(Card, { key: id, text, isNew, onDelete: () => remove(id) })),
      ),
      messages.length ? null : h("p", { className: "hint" }, "Nothing left. Send a sample message, and it appears here."),
    ),
  );
}
