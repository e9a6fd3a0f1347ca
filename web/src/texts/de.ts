import type { Texts } from "./types.js";

/** German. Formal ("Sie"), like the scripts in prompts/. */
export const de: Texts = {
  locale: "de",
  heading: { plain: "Willkommen", withName: "Willkommen, {name}" },
  aiAvatar: "Ihr Guide ist ein KI-Avatar.",
  aiLabel: "KI-Avatar",
  recording: "Dieses Gespräch wird aufgezeichnet.",
  stopRecording: "Aufnahme beenden",
  recordingStopped: "Die Aufnahme wurde beendet und gelöscht.",
  guide: "Ihr Guide",
  guideOnVideo: "Ihr Guide im Video",
  you: "Sie",
  conversation: "Gespräch",
  status: {
    connecting: "Verbinde…",
    connected: "Verbunden",
    reconnecting: "Verbinde neu…",
    finished: "Beendet",
    notConnected: "Nicht verbunden",
  },
  steps: { room: "Raum", connection: "Verbindung", guide: "Guide", done: "erledigt" },
  waiting: {
    room: "Ihr Raum wird vorbereitet…",
    connection: "Die Verbindung wird aufgebaut…",
    expected: "Ihr Guide ist unterwegs…",
    preparing: "Ihr Guide ist da und macht sich bereit…",
    lost: "Die Verbindung zu Ihrem Guide ist abgerissen. Wir stellen sie wieder her…",
    late: "Ihr Guide ist noch nicht da. Wir versuchen es noch einmal…",
  },
  activity: {
    getting_ready: "{guide} macht sich bereit",
    thinking: "{guide} überlegt…",
    speaking: "{guide} spricht",
    writing: "{guide} schreibt…",
    reconnecting: "Einen Moment",
    speakOrType: "Sie sind dran: sprechen oder schreiben",
    type: "Sie sind dran: Antwort schreiben",
  },
  chips: {
    label: "Schnelle Antworten",
    progress: "Frage {number} von {total}",
    allDone: "Alle Fragen erledigt",
    yes: "Ja",
    no: "Nein",
    skip: "Frage überspringen",
    next: "Im Moment nichts, weiter geht's",
    finish: "Keine Fragen mehr",
    repeat: "Noch einmal, bitte",
    slower: "Bitte langsamer",
  },
  mode: {
    avatar_refused: "Ihr Guide begleitet Sie heute mit der Stimme.",
    avatar_late: "Ihr Guide begleitet Sie vorerst mit der Stimme.",
    avatar_left: "Ihr Guide macht mit der Stimme weiter.",
    avatar_stalled: "Ihr Guide macht mit der Stimme weiter.",
    avatar_budget: "Ihr Guide begleitet Sie heute mit der Stimme.",
    speech_failed: "Ihr Guide kann gerade nicht sprechen und schreibt Ihnen.",
  },
  sound: {
    tap: "Tippen, um Ihren Guide zu hören",
    why: "Ihr Browser spielt Ton erst nach einem Tippen ab.",
  },
  captions: {
    label: "Was gesagt wurde",
    before: "Was Ihr Guide sagt, erscheint hier.",
    empty: "Was gesagt wird, erscheint hier.",
    brokenOff: "(unterbrochen)",
  },
  chat: {
    label: "Ihrem Guide schreiben",
    placeholder: "Oder hier schreiben…",
    textMode: "Schreiben Sie Ihre Antwort hier…",
    notYet: "Gleich können Sie schreiben",
    send: "Senden",
    failed: "Ihre Nachricht kam nicht an. Bitte senden Sie sie noch einmal.",
  },
  microphone: { label: "Mikrofon", on: "Mikrofon an", off: "Mikrofon aus" },
  microphoneNote: {
    off: "Schalten Sie es zum Sprechen ein, oder schreiben Sie einfach.",
    asking: "Erlauben Sie es im Browser, oder hören Sie einfach zu und schreiben Sie.",
    denied:
      "Ihr Browser lässt es nicht zu: neben der Adresse erlauben, dann antippen. Oder schreiben.",
    notAllowedByHost:
      "Die Seite um diese herum lässt es nicht zu. Sie können zuhören und schreiben.",
    absent: "Kein Mikrofon gefunden. Sie können zuhören und schreiben.",
    failed: "Es ließ sich nicht einschalten. Sie können zuhören und schreiben.",
  },
  continue: {
    label: "Weiter zum Schulungsvideo",
    going: "Es geht weiter…",
    noAddress: "Bitte kehren Sie zu der Seite zurück, von der Sie gekommen sind.",
  },
  continueHint: {
    soon: "Ihr Guide verabschiedet sich gleich.",
    highlight_continue: "Das war Ihre Begrüßung. Weiter, wann immer Sie möchten.",
    continue: "Ihr Schulungsvideo öffnet sich gleich.",
    late: "Sie müssen nicht warten: Ihr Schulungsvideo ist bereit.",
    lost: "Sie können gleich weitermachen oder einen Moment auf Ihren Guide warten.",
  },
  ending: {
    title: "Ihre Schulung ist bereit",
    takenOver: "Ihre Begrüßung ist woanders geöffnet",
    welcome:
      "Herzlich willkommen! Schön, dass Sie da sind. Ihre Schulung ist bereit, und Sie können jederzeit anfangen.",
    tryAgain: "Noch einmal versuchen",
    takeBack: "Hier weitermachen",
    unsent: "Das haben Sie nicht abgeschickt:",
  },
  ended: {
    other: "Das war Ihre Begrüßung. Danke für das Gespräch!",
    completed: "Das war Ihre Begrüßung. Danke für das Gespräch, und viel Freude mit dem Video!",
    alreadyGreeted: "Ihre Begrüßung hat schon stattgefunden.",
    silent:
      "Es war eine Weile still, deshalb hat sich Ihr Guide verabschiedet. Sie können gleich weitermachen.",
    time_limit: "Die Zeit für die Begrüßung ist um. Danke für das Gespräch!",
    stopped: "Ihr Guide musste aufhören, aber es ist nichts verloren.",
  },
  failed: {
    refused: "Ihr Guide kann gerade nicht dazukommen, aber es ist nichts verloren.",
    unreachable: "Wir konnten Ihren Guide nicht erreichen, aber es ist nichts verloren.",
    connect_failed:
      "Die Verbindung zu Ihrem Guide kam nicht zustande, aber es ist nichts verloren.",
    connection_lost: "Die Verbindung zu Ihrem Guide ist abgerissen, sonst ist nichts verloren.",
    no_guide: "Ihr Guide verspätet sich. Sie müssen nicht warten.",
    taken_over: "Sie wurde in einem anderen Tab oder Fenster geöffnet und geht dort weiter.",
    page_error: "Auf dieser Seite hat etwas nicht funktioniert, aber es ist nichts verloren.",
  },
  page: {
    title: "Begrüßung zu Ihrer Schulung",
    noSession: "Diese Seite öffnet sich über Ihre Schulungsplattform",
    openFromPlatform:
      "Sie wurde ohne Schulung geladen, deshalb gibt es noch niemanden zu begrüßen. Bitte öffnen Sie die Begrüßung über die Plattform.",
    forDevelopers:
      "Für Entwickler: `make demo` starten, oder die gebaute Seite mit einem Element `greeting-config` im Kopf ausliefern.",
  },
};
