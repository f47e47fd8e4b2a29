// The puzzle that a busy site asks a sender to solve. What solves it is loaded only when it is asked for.
import { createElement as h, useEffect, useRef } from "react";

/** Solves a puzzle, then sends the form that it is in once more, with the solution in the field `proof`. */
export function Puzzle({ challenge, onFail }) {
  const place = useRef(null);
  useEffect(() => {
    let isHere = true;
    import("$/public/solver.js")
      .then(({ solve }) => isHere && solve(place.current, challenge))
      .then(() => isHere && place.current.closest("form").requestSubmit())
      .catch(() => isHere && onFail());
    return () => {
      isHere = false;
    };
  }, [challenge]);
  return h("div", { ref: place, className: "puzzle" });
}
