/** The operators' console. */
import { render } from "preact";
import "../shared/base.css";

render(<main />, document.getElementById("app")!);
