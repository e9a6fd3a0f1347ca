import { setLogLevel } from "livekit-client";

setLogLevel("warn");
