import { AvatarGreeting } from "@training-greeter/react";
import "@training-greeter/react/styles.css";
import { SignJWT } from "jose";
import { connection } from "next/server";
import { Suspense } from "react";

async function Greeting({ searchParams }: PageProps<"/">) {
  await connection(); // render it for each request: the JWT is valid for an hour
  const { session, locale } = (await searchParams) as Record<string, string | undefined>;
  const claims = { sub: "7", session_id: session, trainee: { name: "Ada" }, locale };
  const unsigned = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h");
  const jwt = await unsigned.sign(new TextEncoder().encode(process.env.PLATFORM_JWT_SECRET));
  const url = `${process.env.GREETER_URL}/api/users/sessions/${session}/avatar-greeting/`;
  return <AvatarGreeting endpointUrl={url} authorization={jwt} traineeName="Ada" locale={locale} />;
}

export default function Page(props: PageProps<"/">) {
  return <main><Suspense><Greeting {...props} /></Suspense></main>;
}
