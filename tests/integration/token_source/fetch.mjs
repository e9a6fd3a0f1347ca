// LiveKit's standard client, unchanged: node fetch.mjs URL HEADERS OPTIONS, both JSON.
// Prints {"answer": …} or {"error": text}.
import { TokenSource } from 'livekit-client';

const [url, headers, options] = process.argv.slice(2);
try {
  const source = TokenSource.endpoint(url, { headers: JSON.parse(headers) });
  console.log(JSON.stringify({ answer: await source.fetch(JSON.parse(options)) }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
}
