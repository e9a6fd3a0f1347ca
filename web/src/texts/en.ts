/**
 * Every text of the page itself. What the agent says comes from the scripts. The other languages have
 * the same keys (`Texts`).
 */
export const en = {
  /** BCP 47 tag of this language. */
  locale: "en",
  heading: { plain: "Welcome", withName: "Welcome, {name}" },
  aiAvatar: "Your guide is an AI avatar.",
  /** The label in the avatar's picture. */
  aiLabel: "AI avatar",
  recording: "This conversation is being recorded.",
  stopRecording: "Stop recording",
  recordingStopped: "The recording was stopped and deleted.",
  guide: "Your guide",
  guideOnVideo: "Your guide, on video",
  you: "You",
  conversation: "Conversation",
  /** The screen before the greeting; `noWrongAnswers` lowers the stakes. */
  preJoin: {
    title: "{guide} would like to welcome you",
    oneMinute: "About 1 minute",
    minutes: "About {minutes} minutes",
    oneQuestion: "1 short question",
    questions: "up to {questions} short questions",
    skip: "You can skip any question.",
    noWrongAnswers: "Speak, type or tap. There are no wrong answers.",
    ai: "You talk with an AI avatar, and you can leave at any time.",
    tryMicrophone: "Try your microphone",
    saySomething: "Say something: the bars should move.",
    device: "Microphone",
    nthDevice: "Microphone {number}",
    start: "Start",
    withoutMicrophone: "Start without microphone",
    withoutSound: "Read along without sound",
  },
  /** What the trainee can change. */
  options: {
    label: "Options",
    name: "Call me something else",
    save: "Save",
    nameSaved: "{guide} will call you {name}.",
    noName: "That does not look like a name. Nothing has changed.",
    textSize: "Text size",
    normal: "Normal",
    large: "Large",
    largest: "Very large",
  },
  feedback: {
    question: "Did this welcome help you?",
    yes: "Yes, it did",
    no: "Not really",
    comment: "One line for us, if you like",
    send: "Send feedback",
    thanks: "Thank you for your feedback!",
    failed: "Your feedback was not saved.",
  },
  status: {
    ready: "Ready when you are",
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    finished: "Finished",
    notConnected: "Not connected",
  },
  steps: { room: "Room", connection: "Connection", guide: "Guide", done: "done" },
  /** The line below the steps. */
  waiting: {
    room: "Getting your room ready…",
    connection: "Opening the connection…",
    expected: "Your guide is on the way…",
    preparing: "Your guide is here and getting ready…",
    lost: "Your guide lost the connection. We are reconnecting…",
    late: "Your guide has not arrived yet. We are trying again…",
  },
  /** Whose turn it is; `type` is for a trainee without a microphone and without buttons. */
  activity: {
    getting_ready: "{guide} is getting ready",
    thinking: "{guide} is thinking…",
    speaking: "{guide} is speaking",
    writing: "{guide} is writing…",
    reconnecting: "Reconnecting…",
    speakOrType: "Your turn: speak or type",
    tapOrType: "Your turn: tap or type",
    type: "Your turn: type your answer",
  },
  /** Buttons for answers; the trainee "says" what is on the button. */
  chips: {
    label: "Quick answers",
    progress: "Question {number} of {total}",
    allDone: "All questions done",
    yes: "Yes",
    no: "No",
    skip: "Skip",
    next: "Nothing right now, let's go on",
    finish: "I have no questions",
    repeat: "Say it again",
    slower: "More slowly",
  },
  /** Why the agent does not use the avatar. */
  mode: {
    avatar_refused: "Today your guide is with you by voice only.",
    avatar_late: "For now, your guide is with you by voice only.",
    avatar_left: "Your guide continues by voice.",
    avatar_stalled: "Your guide continues by voice.",
    avatar_budget: "Today your guide is with you by voice only.",
    speech_failed: "Your guide can't speak right now and is writing to you instead.",
  },
  slowConnection: "Your connection is slow. You can also read along and type.",
  sound: {
    tap: "Tap to hear your guide",
    why: "Your browser plays sound only after a tap.",
    turnOn: "Turn sound on",
  },
  /** `before` and `empty`: before the greeting begins, and before the first line. */
  captions: {
    label: "What was said",
    before: "What your guide says will appear here.",
    empty: "What is said appears here.",
    brokenOff: "(interrupted)",
  },
  /** `textMode`, `anythingElse`, `notYet`: the agent writes, after the closing line, before the greeting. */
  chat: {
    label: "Type to your guide",
    placeholder: "Or type here…",
    textMode: "Write your answer here…",
    anythingElse: "Anything else?",
    notYet: "You can type in a moment",
    send: "Send message",
    failed: "Your message didn't go through. Please send it again.",
  },
  microphone: { label: "Microphone", on: "Microphone on", off: "Microphone off" },
  microphoneNote: {
    off: "Turn the microphone on to speak, or type.",
    asking: "Allow the microphone in your browser, or just listen and type.",
    denied:
      "Microphone blocked. Allow it next to the address, then tap the microphone. Or just type.",
    notAllowedByHost: "The page around this one does not allow it. Just listen, and type.",
    absent: "No microphone found. Just listen, and type.",
    failed: "Your microphone does not work right now. Try it again, or type.",
  },
  continue: {
    label: "Continue to Training Video",
    going: "Continuing…",
    noAddress: "Please continue on the page you came from.",
    offline: "You are offline. Please check your internet connection.",
  },
  /** The line beside an emphasised Continue button. */
  continueHint: {
    soon: "Your guide will say goodbye soon.",
    highlight_continue: "That was your greeting. Continue whenever you're ready.",
    continue: "Your training video opens in a moment.",
    late: "No need to wait: your training video is ready.",
    lost: "You can continue right away, or wait a moment for your guide.",
  },
  ending: {
    title: "Your training is ready",
    takenOver: "Your greeting is open elsewhere",
    welcome:
      "Welcome! We are glad you are here. Your training is ready, and you can start it whenever you like.",
    tryAgain: "Try again",
    takeBack: "Talk here instead",
    unsent: "You had not sent this:",
  },
  /** Why the greeting ended; `other` for every reason without a text of its own. */
  ended: {
    other: "That was your greeting. Thank you for the conversation!",
    completed: "That was your greeting. Thank you for the conversation, and enjoy the video!",
    alreadyGreeted: "You have already had your greeting.",
    silent: "It was quiet for a while, so your guide has left. You can continue right away.",
    time_limit: "Your time with the guide is up. Thank you for the conversation!",
    stopped: "Your guide had to stop, but nothing is lost.",
  },
  failed: {
    refused: "Your guide cannot join right now, but nothing is lost.",
    unreachable: "We could not reach your guide, but nothing is lost.",
    connect_failed: "We could not connect you to your guide, but nothing is lost.",
    connection_lost: "The connection to your guide was lost, but nothing else was.",
    no_guide: "Your guide is running late. There's no need to wait.",
    taken_over: "It was opened in another tab or window, and continues there.",
    page_error: "Something on this page did not work, but nothing is lost.",
  },
  /** The page of `make demo`; text between backticks is code. */
  page: {
    title: "Your training greeting",
    noSession: "This page is opened by your training platform",
    openFromPlatform:
      "It was loaded without a training session, so there is nobody to greet yet. Please open your greeting from the platform.",
    forDevelopers:
      "For developers: run `make demo`, or serve the built page with a `greeting-config` element in its head.",
  },
};
