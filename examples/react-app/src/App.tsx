import { AvatarGreeting } from "@training-greeter/react";
import "@training-greeter/react/styles.css";

const GREETER = import.meta.env.VITE_GREETER_URL; // such as https://greeter.example.com
const session = new URLSearchParams(location.search).get("session");
const url = `${GREETER}/api/users/sessions/${session}/avatar-greeting/`;

/** Your backend signs a JWT for the trainee who is logged in. */
const fetchJwt = async () => (await fetch(`/greeting-jwt?session=${session}`)).text();

export default function App() {
  return (
    <main>
      <AvatarGreeting endpointUrl={url} authorization={fetchJwt} traineeName="Ada" />
    </main>
  );
}
