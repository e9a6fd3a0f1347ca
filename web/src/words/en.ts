import type { Words } from "./types.js";

export const en: Words = {
  locale: "en",
  heading: (name) => (name ? `Welcome, ${name}` : "Welcome"),
  aiAvatar: "Your guide is an AI avatar.",
  guide: "Your guide",
  guideOnVideo: "Your guide, on video",
  you: "You",
  conversation: "Conversation",
  status: {
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    finished: "Finished",
    notConnected: "Not connected",
  },
  steps: { seat: "Seat", connection: "Connection", guide: "Guide", done: "done" },
  waiting: {
    seat: "Getting your seat…",
    connection: "Opening the line…",
    coming: "Your guide is on the way…",
    preparing: "Your guide is here and getting ready…",
    lost: "Your guide dropped out. We are getting them back…",
    calledAgain: "This takes a little longer than usual. We have called your guide again…",
  },
  activity: {
    getting_ready: "Getting ready",
    listening: "Listening",
    thinking: "Thinking",
    speaking: "Speaking",
    reconnecting: "One moment",
  },
  sound: { tap: "Tap to hear your guide", why: "Your browser plays sound only after a tap." },
  captions: {
    label: "What was said",
    before: "What your guide says will appear here.",
    empty: "What is said appears here.",
  },
  chat: {
    label: "Type to your guide",
    placeholder: "Or type here…",
    notYet: "You can type in a moment",
    send: "Send",
    failed: "That did not get through. Please send it again.",
  },
  microphone: { on: "Microphone on", off: "Microphone off" },
  microphoneNote: {
    off: "Turn it on to speak, or type.",
    asking: "Allow it in your browser, or just listen and type.",
    denied: "Your browser blocks it. Just listen, and type.",
    absent: "None found. Just listen, and type.",
    failed: "It did not start. Just listen, and type.",
  },
  continue: {
    label: "Continue to Training Video",
    going: "Continuing…",
    nowhere: "Please go on from the page that brought you here.",
  },
  closing: {
    highlight_continue: "That was your greeting. Go on whenever you like.",
    continue: "Your training video opens in a moment.",
  },
  over: {
    ready: "Your training is ready",
    elsewhere: "Your greeting is open elsewhere",
    welcome:
      "Welcome! We are glad you are here. Your training is ready, and you can start it whenever you like.",
    tryAgain: "Try again",
    bringHere: "Bring it here",
  },
  ended: {
    said: "That was your greeting. Thank you for the talk!",
    completed: "That was your greeting. Thank you for the talk, and enjoy the video!",
    had: "You have already had your greeting.",
    silent: "It was quiet for a while, so your guide has left. You can go straight on.",
    time_limit: "The time for your greeting was up. Thank you for the talk!",
    stopped: "Your guide had to stop, but nothing is lost.",
  },
  failed: {
    refused: "Your guide cannot join right now, but nothing is lost.",
    unreachable: "We could not reach your guide, but nothing is lost.",
    connect_failed: "We could not open the line to your guide, but nothing is lost.",
    connection_lost: "The connection to your guide was lost, but nothing else is.",
    no_guide: "Your guide is held up. There is no need to wait.",
    taken_over: "It was opened in another tab or window, and goes on there.",
    page_error: "Something on this page did not work, but nothing is lost.",
  },
  page: {
    title: "Your training greeting",
    openedAlone: "This page is opened by your training platform",
    openIt:
      "It was loaded without a training session, so there is nobody to greet yet. Please open your greeting from the platform.",
    forDevelopers:
      "For developers: run `make demo`, or serve the built page with a `greeting-config` element in its head.",
  },
};
