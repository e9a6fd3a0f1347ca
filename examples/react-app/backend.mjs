import { SignJWT } from "jose";
import { createServer } from "node:http";

const secret = new TextEncoder().encode(process.env.PLATFORM_JWT_SECRET);
createServer(async (request, response) => {
  const session_id = new URL(request.url, "http://localhost").searchParams.get("session");
  const claims = { sub: "7", session_id, trainee: { name: "Ada" } };
  const unsigned = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime("5m");
  response.end(await unsigned.sign(secret));
}).listen(process.env.PORT ?? 8000, "localhost");
