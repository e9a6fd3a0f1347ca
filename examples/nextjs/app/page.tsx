import { AvatarGreeting } from "@training-greeter/react";
import "@training-greeter/react/styles.css";
import { SignJWT } from "jose";

const SECRET = new TextEncoder().encode(process.env.PLATFORM_JWT_SECRET);

export default async function Page({ searchParams }: PageProps<"/">) {
  const { session, locale } = (await searchParams) as Record<string, string | undefined>;
  const endpoint = `${process.env.GREETER_URL}/api/users/sessions/${session}/avatar-greeting/`;
  // A real app takes the session and the trainee from its login.
  const jwt = await new SignJWT({ sub: "7", session_id: session, trainee: { name: "Ada" }, locale })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("5 min")
    .sign(SECRET);
  return (
    <AvatarGreeting endpointUrl={endpoint} authorization={jwt} traineeName="Ada" locale={locale} />
  );
}
