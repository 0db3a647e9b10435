/** The chat page. */
import { render } from "preact";
import "../shared/base.css";

render(<main />, document.getElementById("app")!);
